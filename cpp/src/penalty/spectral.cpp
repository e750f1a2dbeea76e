#include "pauca/penalty/structured/spectral.hpp"

#include "pauca/core/errors.hpp"
#include "pauca/core/thin_svd.hpp"
#include "pauca/penalty/l1.hpp"
#include "pauca/penalty/mcp.hpp"
#include "pauca/penalty/scad.hpp"

namespace pauca {

namespace {

// C order of (rows, cols) is column-major (cols, rows): the transpose, which has the same singular values.
ThinSvd decompose(const Vector& w, Index rows, Index cols) {
  require(w.size() == rows * cols, "matrix penalty: expected rows * cols coefficients");
  require(w.allFinite(), "matrix penalty: the coefficients contain NaN or infinity");
  return ThinSvd(Eigen::Map<const Matrix>(w.data(), cols, rows));
}

template <class P>
class Spectral final : public VectorPenalty {
 public:
  Spectral(P p, Index rows, Index cols) : p_(p), rows_(rows), cols_(cols) {}

  bool convex() const override { return P::convex; }
  void set_strength(double alpha) override { alpha_ = alpha; }
  double value(const Vector& w) const override {
    const Vector s = decompose(w, rows_, cols_).values();
    double total = 0.0;
    for (double a : s) total += p_.value(a, alpha_);
    return total;
  }
  void prox(const Vector& v, double step, Vector& out) const override {
    const ThinSvd svd = decompose(v, rows_, cols_);
    Vector s = svd.values();
    Index rank = 0;
    for (double& a : s) {
      a = p_.prox(a, alpha_, step);
      if (a > 0.0) ++rank;
    }
    out.resize(v.size());
    Eigen::Map<Matrix> x(out.data(), cols_, rows_);  // the prox keeps the order of singular values
    x.noalias() = svd.u().leftCols(rank) * s.head(rank).asDiagonal() * svd.v().leftCols(rank).transpose();
  }
  double critical(const Vector& gradient, double) override { return decompose(gradient, rows_, cols_).values()[0]; }

 private:
  P p_;
  Index rows_, cols_;
  double alpha_ = 1.0;
};

}  // namespace

std::unique_ptr<VectorPenalty> make_spectral(const std::string& inner, const std::vector<double>& shape, Index rows,
                                             Index cols) {
  require(rows > 0 && cols > 0, "matrix penalty: shape must be two positive numbers");
  if (inner == L1::name) return std::make_unique<Spectral<L1>>(L1{}, rows, cols);
  if (inner == Mcp::name) return std::make_unique<Spectral<Mcp>>(Mcp{shape}, rows, cols);
  if (inner == Scad::name) return std::make_unique<Spectral<Scad>>(Scad{shape}, rows, cols);
  throw std::invalid_argument("matrix penalty: no singular-value penalty is called '" + inner + "'");
}

}  // namespace pauca
