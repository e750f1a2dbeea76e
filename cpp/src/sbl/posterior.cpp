#include "pauca/sbl/posterior.hpp"

#include <cmath>

namespace pauca::sbl {
namespace {

using Map = Eigen::Map<Eigen::ArrayXd>;

// A view of a member of every SVD as the factor list that the mode products take.
template <class Svds, class Get>
struct Members {
  Svds& svds;
  Get get;
  template <class It>
  struct Iterator {
    It it;
    Get get;
    const Planes& operator*() const { return get(*it); }
    Iterator& operator++() {
      ++it;
      return *this;
    }
    bool operator!=(const Iterator& o) const { return it != o.it; }
  };
  auto begin() const { return Iterator<decltype(svds.begin())>{svds.begin(), get}; }
  auto end() const { return Iterator<decltype(svds.end())>{svds.end(), get}; }
  auto rbegin() const { return Iterator<decltype(svds.rbegin())>{svds.rbegin(), get}; }
  auto rend() const { return Iterator<decltype(svds.rend())>{svds.rend(), get}; }
};
template <class Svds, class Get>
Members(Svds&, Get) -> Members<Svds, Get>;

}  // namespace

bool Posterior::compute(const Model& model, const std::vector<Vector>& g, double s2, bool remaining,
                        const KeepGoing& go) {
  const Index L = model.n_snapshots();
  lambda_.assign(1, 1.0);
  for (std::size_t i = 0; i < svd_.size(); ++i) {
    if (!go()) return false;
    svd_[i].compute(model.factors()[i], g[i].cwiseSqrt());
    kron::outer(lambda_, svd_[i].values().cwiseAbs2(), buffer_);
    std::swap(lambda_, buffer_);
  }
  const Members left{svd_, [](const FactorSvd& f) -> const Planes& { return f.left(); }};
  const Members right{svd_, [](const FactorSvd& f) -> const Planes& { return f.right(); }};
  const Members share{svd_, [](const FactorSvd& f) -> const Planes& { return f.right_power(); }};
  const Members share_full{svd_, [](FactorSvd& f) -> const Planes& { return f.right_power_full(); }};

  mean_ = model.y();
  if (!kron::multiply_all_backward(left, kron::Op::adjoint, mean_, scratch_, go)) return false;

  // Everything that needs one number a singular value: one pass over (m_1, ..., m_I).
  const Index m = static_cast<Index>(lambda_.size());
  const Map lam(lambda_.data(), m);
  buffer_.resize(lambda_.size());
  Map inverse(buffer_.data(), m);
  inverse = lam + s2;
  const double log_det = inverse.log().sum();
  inverse = inverse.inverse();
  const double outside_rows = static_cast<double>(model.rows() - m);
  const bool cx = mean_.is_complex();
  z_.resize(m, false);
  Map energy(z_.re.data(), m);
  const auto columns = [&](Buffer& v) { return Eigen::Map<Matrix>(v.data(), L, m); };
  energy = columns(mean_.re).colwise().squaredNorm().transpose().array();
  if (cx) energy += columns(mean_.im).colwise().squaredNorm().transpose().array();
  const double quadratic = (energy * inverse).sum() + model.outside_energy() / s2;
  residual = (energy * (inverse * s2).square()).sum() + model.outside_energy();
  cost = static_cast<double>(L) * (log_det + outside_rows * std::log(s2)) + quadratic;
  inverse_trace = inverse.sum() + outside_rows / s2;
  energy = lam * inverse;
  freedom = energy.sum();
  inverse *= lam.sqrt();
  columns(mean_.re).array().rowwise() *= inverse.transpose();
  if (cx) columns(mean_.im).array().rowwise() *= inverse.transpose();

  if (!kron::multiply_all_forward(right, kron::Op::plain, mean_, scratch_, go)) return false;
  if (!kron::multiply_all_forward(share, kron::Op::plain, z_, scratch_, go)) return false;

  const Index n = model.atoms();
  power_.resize(static_cast<std::size_t>(n));
  Map power(power_.data(), n);
  const auto snapshots = [&](Buffer& v) { return Eigen::Map<Matrix>(v.data(), n, L); };
  if (L == 1) {
    power = Map(mean_.re.data(), n).square();
    if (cx) power += Map(mean_.im.data(), n).square();
  } else {
    power = snapshots(mean_.re).rowwise().squaredNorm().array();
    if (cx) power += snapshots(mean_.im).rowwise().squaredNorm().array();
    power /= static_cast<double>(L);
  }
  if (!remaining) return true;

  r_.re.assign(1, 1.0);
  r_.im.clear();
  for (const FactorSvd& f : svd_) {
    Vector s(f.values().size() + 1);
    s << f.values().cwiseAbs2(), 0.0;
    kron::outer(r_.re, s, buffer_);
    std::swap(r_.re, buffer_);
  }
  Map core(r_.re.data(), r_.size());
  core = s2 * (core + s2).inverse();
  return kron::multiply_all_forward(share_full, kron::Op::plain, r_, scratch_, go);
}

}  // namespace pauca::sbl
