#include "pauca/sbl/model.hpp"

#include <complex>
#include <numeric>

#include "pauca/core/errors.hpp"
#include "pauca/core/thin_qr.hpp"

namespace pauca::sbl {
namespace {

// H = Q R
void planes_qr(const Planes& h, Planes& q, Planes& r) {
  if (!h.is_complex()) {
    thin_qr(h.re, q.re, r.re);
    return;
  }
  Eigen::MatrixXcd a(h.rows(), h.cols()), b, c;
  a.real() = h.re, a.imag() = h.im;
  thin_qr(a, b, c);
  q.re = b.real(), q.im = b.imag();
  r.re = c.real(), r.im = c.imag();
}

}  // namespace

Model::Model(std::vector<Planes> factors, Tensor y, Index n_snapshots)
    : factors_(std::move(factors)), y_(std::move(y)), n_snapshots_(n_snapshots), active_(factors_.size()) {
  for (std::size_t i = 0; i < factors_.size(); ++i) {
    rows_ *= factors_[i].rows();
    active_[i].resize(static_cast<std::size_t>(factors_[i].cols()));
    std::iota(active_[i].begin(), active_[i].end(), Index{0});
  }
  require(y_.size() == rows_ * n_snapshots_, "y: expected n_snapshots times the product of the factors' rows");
  reduce();
}

void Model::keep(Index mode, const std::vector<Index>& positions) {
  const auto i = static_cast<std::size_t>(mode);
  Planes& f = factors_[i];
  f.re = Matrix(f.re(Eigen::all, positions));
  if (f.im.size() > 0) f.im = Matrix(f.im(Eigen::all, positions));
  std::vector<Index> left;
  for (Index p : positions) left.push_back(active_[i][static_cast<std::size_t>(p)]);
  active_[i] = std::move(left);
}

std::vector<bool> Model::reduce() {
  std::vector<bool> changed(factors_.size(), false);
  Index trail = 1;
  for (std::size_t i = factors_.size(); i-- > 0; trail *= factors_[i].rows()) {
    if (factors_[i].rows() <= factors_[i].cols()) continue;
    Planes q, r;
    planes_qr(factors_[i], q, r);
    Tensor inside, back;
    kron::multiply_mode(q, kron::Op::adjoint, trail, y_, inside);
    // The energy outside by its residual: a difference of squared norms would cancel at high SNR.
    kron::multiply_mode(q, kron::Op::plain, trail, inside, back);
    for (std::size_t k = 0; k < back.re.size(); ++k) back.re[k] -= k < y_.re.size() ? y_.re[k] : 0.0;
    for (std::size_t k = 0; k < y_.im.size(); ++k) back.im[k] -= y_.im[k];
    outside_ += back.squared_norm();
    y_ = std::move(inside);
    factors_[i] = std::move(r);
    changed[i] = true;
  }
  atoms_ = 1;
  for (const Planes& f : factors_) atoms_ *= f.cols();
  return changed;
}

}  // namespace pauca::sbl
