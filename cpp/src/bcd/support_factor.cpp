#include "pauca/bcd/support_factor.hpp"

#include <Eigen/LU>
#include <algorithm>

#include "pauca/core/cholesky.hpp"

namespace pauca::bcd {
namespace {

constexpr double jitter = 1e-13;  // of the diagonal: duplicated columns stay positive definite

}  // namespace

bool SupportFactor::append(const WorkingGram& gram, const std::vector<Index>& fresh, const std::vector<double>& extra,
                           Monitor& monitor) {
  const Index old = static_cast<Index>(order_.size()), count = static_cast<Index>(fresh.size()), now = old + count;
  if (now > factor_.rows()) {
    const Index capacity = std::max(now, 3 * factor_.rows() / 2);
    Matrix larger(capacity, capacity);
    larger.topLeftCorner(old, old) = factor_.topLeftCorner(old, old);
    factor_.swap(larger);
  }
  auto border = factor_.block(old, 0, count, old);
  auto corner = factor_.block(old, old, count, count);
  for (Index a = 0; a < count; ++a) {
    const double* column = gram.data(fresh[a]);
    for (Index b = 0; b < old; ++b) border(a, b) = column[order_[b]];
    for (Index b = 0; b < count; ++b) corner(b, a) = column[fresh[b]];
    corner(a, a) += extra[a] + jitter * corner(a, a);
  }
  if (old > 0) {
    factor_.topLeftCorner(old, old).triangularView<Eigen::Lower>().transpose().solveInPlace<Eigen::OnTheRight>(border);
    corner.triangularView<Eigen::Lower>() -= border * border.transpose();
  }
  if (!cholesky_in_place(corner, monitor)) return false;
  order_.insert(order_.end(), fresh.begin(), fresh.end());
  extra_.insert(extra_.end(), extra.begin(), extra.end());
  return true;
}

bool SupportFactor::solve(const WorkingGram& gram, const std::vector<Index>& support, const Vector& extra, Vector& x,
                          Monitor& monitor) {
  const Index s = static_cast<Index>(support.size());
  // Every changed column costs a triangular solve, now and as long as the factor is kept: measured, a new factor pays
  // from one in 32.
  for (int attempt = 0;; ++attempt) {
    place_.assign(static_cast<std::size_t>(gram.size()), -1);
    for (std::size_t k = 0; k < order_.size(); ++k) place_[order_[k]] = static_cast<Index>(k);
    std::vector<Index> fresh, changed;  // rows of K; rows of the factor
    std::vector<double> fresh_extra, inverse;
    std::vector<bool> present(order_.size(), false);
    bool safe = true;  // positive definite if the factor's matrix is
    for (Index a = 0; a < s; ++a) {
      const Index row = place_[support[a]];
      if (row < 0) {
        fresh.push_back(support[a]);
        fresh_extra.push_back(extra[a]);
        continue;
      }
      present[row] = true;
      if (extra[a] != extra_[row]) {
        changed.push_back(row);
        inverse.push_back(1.0 / (extra[a] - extra_[row]));
        safe = safe && extra[a] > extra_[row];
      }
    }
    for (std::size_t k = 0; k < order_.size(); ++k)
      if (!present[k]) {
        changed.push_back(static_cast<Index>(k));
        inverse.push_back(0.0);
      }
    const bool again =
        attempt == 0 && !order_.empty() &&
        (!safe || 32 * static_cast<Index>(changed.size()) > s || 4 * static_cast<Index>(fresh.size()) > s);
    if (again || (!fresh.empty() && !append(gram, fresh, fresh_extra, monitor))) {
      const bool hopeless = order_.empty() || monitor.stop_requested();
      reset();
      if (hopeless) return false;
      continue;
    }
    for (std::size_t k = order_.size() - fresh.size(); k < order_.size(); ++k)
      place_[order_[k]] = static_cast<Index>(k);

    const Index size = static_cast<Index>(order_.size()), d = static_cast<Index>(changed.size());
    const auto l = factor_.topLeftCorner(size, size).triangularView<Eigen::Lower>();
    Vector y = Vector::Zero(size);
    for (Index a = 0; a < s; ++a) y[place_[support[a]]] = x[a];
    l.solveInPlace(y);
    if (d > 0) {
      Matrix half = Matrix::Zero(size, d);  // L^{-1} E_D
      for (Index c = 0; c < d; ++c) half(changed[c], c) = 1.0;
      l.solveInPlace(half);
      Matrix small = half.transpose() * half;
      for (Index c = 0; c < d; ++c) small(c, c) += inverse[c];
      y -= half * small.partialPivLu().solve(half.transpose() * y);
    }
    l.transpose().solveInPlace(y);
    for (Index a = 0; a < s; ++a) x[a] = y[place_[support[a]]];
    if (x.allFinite()) return true;
    reset();
    return false;
  }
}

}  // namespace pauca::bcd
