#include <algorithm>
#include <cmath>

#include "pauca/bcd/newton_system.hpp"

namespace pauca::bcd {
namespace {

constexpr double affordable = 4e10;  // multiplications a factorisation may take
constexpr Index wide = 3000;         // columns up to which a matrix of them is formed

class DiagonalSystem final : public FixedSystem {
 public:
  explicit DiagonalSystem(const MatrixLoss& loss) : loss_(loss) {}

  bool factor(const SupportModel& model, Monitor&) override {
    remember(model);
    const Matrix h = block_weights(model, loss_);
    inverse_.setZero(model.height(), model.tasks());
    for (Index i = 0; i < model.rows(); ++i) {
      double square = 0.0;
      for (Index t = 0; t < model.tasks(); ++t) {
        if (t < h.cols()) square = model.panel.weighted_square(i, h.col(t));
        const double value = square + model.diagonal(i, t);
        if (model.free(i, t) != 0.0 && value > 0.0) inverse_(i, t) = 1.0 / value;
      }
    }
    if (model.constant)
      for (Index t = 0; t < model.tasks(); ++t)
        inverse_(model.rows(), t) = 1.0 / std::max(h.col(std::min(t, h.cols() - 1)).sum(), 1e-12);
    return true;
  }
  void solve(const SupportModel&, const Matrix& r, Matrix& z) const override { z = inverse_.cwiseProduct(r); }

 private:
  const MatrixLoss& loss_;
  Matrix inverse_;
};

/// Whether entries are all free and C's diagonal is the same for all tasks.
bool is_radial(const SupportModel& model) {
  for (Index i = 0; i < model.rows(); ++i)
    if (model.free.row(i).minCoeff() == 0.0 ||
        (model.diagonal.row(i).array() - model.diagonal(i, 0)).abs().maxCoeff() > 0.0)
      return false;
  return model.along.size() == 0 || model.along.maxCoeff() <= 0.0;
}

}  // namespace

Matrix block_weights(const SupportModel& model, const MatrixLoss& loss) {
  if (!loss.is_softmax()) return model.hessian;
  const Matrix& p = model.hessian;
  return loss.weights().asDiagonal() * (p.array() * (1.0 - p.array())).matrix();
}

void support_gram(const SupportModel& model, const std::vector<Index>& keep, const Vector& h, Matrix& gram,
                  Monitor& monitor) {
  // Rows in slices: the slice of the panel, weighed by sqrt(h), and its product with itself.
  constexpr Index slice = 256;
  const Matrix& x = *model.panel.dense();
  const Index m = static_cast<Index>(keep.size());
  gram.setZero(m, m);
  if (m == 0) return;  // Eigen's triangular product would form a reference to the empty panel
  Matrix part;
  for (Index start = 0; start < x.rows() && monitor.keep_going(); start += slice) {
    const Index len = std::min(slice, x.rows() - start);
    const Vector root = h.segment(start, len).cwiseMax(0.0).cwiseSqrt();
    part.resize(len, m);
    for (Index i = 0; i < m; ++i)
      part.col(i) = root.cwiseProduct(x.col(keep[static_cast<std::size_t>(i)]).segment(start, len));
    gram.selfadjointView<Eigen::Lower>().rankUpdate(part.transpose());
  }
}

std::unique_ptr<NewtonSystem> make_diagonal_system(const MatrixLoss& loss) {
  return std::make_unique<DiagonalSystem>(loss);
}

std::unique_ptr<NewtonSystem> choose_system(const SupportModel& model, const MatrixLoss& loss,
                                            const WorkingGram* gram) {
  const double m = static_cast<double>(model.rows()), n = static_cast<double>(model.panel.rows()),
               tasks = static_cast<double>(model.tasks()), blocks = static_cast<double>(model.blocks.size());
  const bool dense = model.panel.dense() != nullptr, small = model.rows() <= wide;
  if (!dense && !gram) return make_diagonal_system(loss);
  const double form = gram ? m * m : 0.5 * n * m * m;
  const bool radial = is_radial(model);
  const bool bent = radial && model.diagonal.size() > 0 && model.diagonal.minCoeff() > 0.0;
  if (model.tasks() == 1 && !loss.is_softmax()) {
    const double direct = small ? form + m * m * m / 6.0 : affordable;
    const double dual = bent && dense ? n * n * (0.5 * m + n / 6.0 + blocks) + 0.5 * n * blocks * blocks : affordable;
    if (std::min(direct, dual) < affordable)
      return direct <= dual ? make_direct_system(gram) : make_radial_system(loss, gram, true);
  } else if (radial && small && (loss.is_softmax() || (model.along.array() < 0.0).any())) {
    const double primal = form + m * m * (1.2 * m + 0.5 * tasks);
    const double dual = bent && dense
                            ? n * (0.5 * n * m + n * n / 6.0 + n * m + 0.5 * m * m) + m * m * (m / 6.0 + 0.5 * tasks)
                            : affordable;
    if (std::min(primal, dual) < affordable) return make_radial_system(loss, gram, dual < primal);
  } else if (dense) {
    double cost = 0.0;
    for (Index t = 0; t < model.tasks(); ++t) {
      const double own = model.free.col(t).sum();
      cost += own * own * ((gram && !loss.is_softmax() ? 1.0 : 0.5 * n) + own / 6.0);
    }
    if (cost < affordable) return make_entry_system(loss, gram);
  }
  return make_diagonal_system(loss);
}

}  // namespace pauca::bcd
