#include "pauca/prox/support_search.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "pauca/core/order.hpp"

namespace pauca::prox {

namespace {

constexpr double largest_gram = 1e9;  // bytes of C_.A: beyond, there is no search
constexpr Index largest_support = 500, block = 4096;
constexpr Index drops[] = {2, 4, 8};  // how many are dropped together when no single move helps

}  // namespace

SupportSearch::SupportSearch(const Problem& problem, Vector prices, Index n_nonzero, Monitor& monitor)
    : problem_(problem), prices_(std::move(prices)), n_nonzero_(n_nonzero), monitor_(monitor) {}

double SupportSearch::total_price(const Support& support) const {
  double total = 0.0;
  if (n_nonzero_ == 0)
    for (Index j : support) total += prices_[j];
  return total;
}

/// The quadratic model of f at w, whose predictor f was evaluated at last.
bool SupportSearch::expand(Smooth& f, const Vector& w, double at) {
  const Design& x = problem_.design;
  Vector gradient;
  f.gradient(gradient);
  if (!problem_.loss.is_quadratic() || h_.size() == 0) {
    f.curvature(h_);
    total_ = problem_.fit_intercept ? h_.sum() : 0.0;
    mean_.setZero(x.cols());
    if (total_ > 0.0) x.transpose_multiply(h_.data(), mean_.data(), monitor_);
    square_.resize(x.cols());
    for (Index j = 0; j < x.cols() && monitor_.keep_going(); ++j) {
      const double whole = x.weighted_square(j, h_.data());
      square_[j] = whole - (total_ > 0.0 ? mean_[j] * mean_[j] / total_ : 0.0);
      if (!(square_[j] > 1e-10 * whole)) square_[j] = 0.0;
    }
    place_.clear();
  }
  tolerance_ = 1e-9 * std::abs(at);
  origin_ = gradient;
  Support support;
  for (Index j = 0; j < w.size(); ++j)
    if (w[j] != 0.0) support.push_back(j);
  if (static_cast<Index>(support.size()) > largest_support || !columns(support)) return false;
  for (Index j : support) origin_ -= w[j] * gram_.col(place_.at(j));
  return !monitor_.stop_requested();
}

/// Columns of C, as many at once as are missing.
bool SupportSearch::columns(const Support& support) {
  const Design& x = problem_.design;
  Support missing;
  for (Index j : support)
    if (!place_.count(j)) missing.push_back(j);
  const Index used = static_cast<Index>(place_.size()), size = used + static_cast<Index>(missing.size());
  if (8.0 * static_cast<double>(x.cols()) * static_cast<double>(size) > largest_gram) return false;
  if (missing.empty()) return true;
  if (gram_.cols() < size || gram_.rows() != x.cols())
    gram_.conservativeResize(x.cols(), std::max(size, gram_.cols() + gram_.cols() / 2));
  Matrix z = Matrix::Zero(x.rows(), static_cast<Index>(missing.size())), out;
  for (Index k = 0; k < z.cols(); ++k) {
    x.weighted_axpy(missing[k], 1.0, h_.data(), z.col(k).data());
    if (total_ > 0.0) z.col(k) -= (mean_[missing[k]] / total_) * h_;
  }
  out.resize(x.cols(), z.cols());
  x.transpose_multiply(z, out, monitor_);
  for (Index k = 0; k < z.cols(); ++k) {
    gram_.col(used + k) = out.col(k);
    place_[missing[k]] = used + k;
  }
  return !monitor_.stop_requested();
}

bool SupportSearch::fit(Support support, Fit& out) {
  if (static_cast<Index>(support.size()) > largest_support || !columns(support)) return false;
  const Index k = static_cast<Index>(support.size()), p = problem_.design.cols();
  Matrix c(p, k), inner(k, k);
  Vector q(k);
  for (Index a = 0; a < k; ++a) {
    c.col(a) = gram_.col(place_.at(support[a]));
    q[a] = origin_[support[a]];
  }
  for (Index a = 0; a < k; ++a) inner.row(a) = c.row(support[a]);
  const Eigen::LLT<Matrix> factor(inner);
  if (k > 0) {
    if (factor.info() != Eigen::Success) return false;
    const auto diagonal = inner.diagonal().array();
    if ((factor.matrixLLT().diagonal().array().square() < 1e-9 * diagonal).any()) return false;
  }
  const Matrix inverse = k > 0 ? Matrix(factor.solve(Matrix::Identity(k, k))) : Matrix(0, 0);
  out.w = -inverse * q;
  out.Q = inverse.diagonal();
  out.U.resize(p, k);
  for (Index r = 0; r < p; r += block) {  // in pieces that can be interrupted
    const Index rows = std::min(block, p - r);
    out.U.middleRows(r, rows).noalias() = c.middleRows(r, rows) * inverse;
    if (!monitor_.keep_going()) return false;
  }
  out.gradient = origin_ + c * out.w;
  out.s = square_ - out.U.cwiseProduct(c).rowwise().sum();
  for (Index j = 0; j < p; ++j)
    if (!(out.s[j] > 1e-9 * square_[j]) || !std::isfinite(prices_[j])) out.s[j] = 0.0;
  for (Index j : support) out.s[j] = 0.0;
  out.value = 0.5 * q.dot(out.w) + total_price(support);
  out.support = std::move(support);
  return !monitor_.stop_requested();
}

SupportSearch::Move SupportSearch::best(const Fit& at) const {
  const Index p = at.s.size(), k = static_cast<Index>(at.support.size());
  const bool priced = n_nonzero_ == 0;
  Move move;
  move.gain = tolerance_;
  if (priced && k + 1 < problem_.design.rows())
    for (Index j = 0; j < p; ++j) {
      if (at.s[j] <= 0.0) continue;
      const double gain = 0.5 * at.gradient[j] * at.gradient[j] / at.s[j] - prices_[j];
      if (gain > move.gain) move = {gain, j, -1};
    }
  for (Index a = 0; a < k; ++a) {
    const Index i = at.support[a];
    if (!monitor_.keep_going()) return {};
    if (prices_[i] <= 0.0) continue;  // left alone
    const double q = at.Q[a], step = at.w[a] / q, loss = 0.5 * at.w[a] * step;
    const double saved = priced ? prices_[i] : 0.0;
    if (priced && saved - loss > move.gain) move = {saved - loss, -1, a};
    for (Index j = 0; j < p; ++j) {
      const double u = at.U(j, a), s = at.s[j] + u * u / q;
      if (!(s > 1e-9 * square_[j]) || !std::isfinite(prices_[j])) continue;
      if (at.s[j] <= 0.0 && u * u / q <= 1e-9 * square_[j]) continue;
      const double g = at.gradient[j] - step * u;
      const double gain = 0.5 * g * g / s - loss + saved - (priced ? prices_[j] : 0.0);
      if (gain > move.gain && std::find(at.support.begin(), at.support.end(), j) == at.support.end())
        move = {gain, j, a};
    }
  }
  return move;
}

/// Single moves until none helps.
bool SupportSearch::climb(Fit& at) {
  for (int k = 0; k < 1000; ++k) {
    const Move move = best(at);
    if (move.in < 0 && move.out < 0) return true;
    Support next = at.support;
    if (move.out >= 0) next.erase(next.begin() + move.out);
    if (move.in >= 0) next.push_back(move.in);
    Fit there;
    if (!fit(std::move(next), there)) return !monitor_.stop_requested();
    if (!(there.value < at.value - 0.5 * tolerance_)) return true;
    at = std::move(there);
  }
  return true;
}

/// The support brought nearer to `size`, `share` of the way at once.
SupportSearch::Support SupportSearch::resize(const Fit& at, Index size, Index share) const {
  Support support = at.support;
  Index have = 0;
  for (Index j : support) have += prices_[j] > 0.0;
  if (have < size) {
    Support order;
    for (Index j = 0; j < at.s.size(); ++j)
      if (at.s[j] > 0.0) order.push_back(j);
    const Index more = std::min<Index>(std::max<Index>((size - have) / share, 1), static_cast<Index>(order.size()));
    auto gain = [&](Index j) { return at.gradient[j] * at.gradient[j] / at.s[j]; };
    std::partial_sort(order.begin(), order.begin() + more, order.end(),
                      [&](Index a, Index b) { return ranks_before(gain(a), a, gain(b), b); });
    support.insert(support.end(), order.begin(), order.begin() + more);
  } else {
    Support order;
    for (Index a = 0; a < static_cast<Index>(support.size()); ++a)
      if (prices_[support[a]] > 0.0) order.push_back(a);
    auto loss = [&](Index a) { return at.w[a] * at.w[a] / at.Q[a]; };
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return ranks_before(-loss(a), a, -loss(b), b); });
    order.resize(static_cast<std::size_t>(have - size));
    std::sort(order.rbegin(), order.rend());
    for (Index a : order) support.erase(support.begin() + a);
  }
  return support;
}

bool SupportSearch::improve(Smooth& f, Vector& w, double& objective) {
  bool improved = false;
  for (int round = 0; round < 20 && !monitor_.stop_requested(); ++round) {
    Vector z;
    f.predictor(w, z);
    const double at = f.evaluate(z);
    if (!expand(f, w, at)) return improved;
    Support support;
    for (Index j = 0; j < w.size(); ++j)
      if (w[j] != 0.0 || (prices_[j] <= 0.0 && square_[j] > 0.0)) support.push_back(j);
    Fit here;
    if (!fit(support, here)) {  // collinear: from those alone that are always there
      if (n_nonzero_ == 0) return improved;
      support.erase(std::remove_if(support.begin(), support.end(), [&](Index j) { return prices_[j] > 0.0; }),
                    support.end());
      if (!fit(support, here)) return improved;
    }
    if (n_nonzero_ > 0) {  // grow or shrink to the size asked for
      for (;;) {
        Index have = 0;
        for (Index j : here.support) have += prices_[j] > 0.0;
        const Index possible = std::clamp<Index>(problem_.design.rows() - 2, 0, n_nonzero_);
        if (have == possible) break;
        Fit next;  // several at once, or one by one where some of them are collinear
        if (!fit(resize(here, possible, 4), next) && !fit(resize(here, possible, possible), next)) break;
        if (next.support.size() == here.support.size()) break;
        here = std::move(next);
      }
    }
    if (!climb(here)) return improved;
    for (Index drop : drops) {
      Index size = 0;
      for (Index j : here.support) size += prices_[j] > 0.0;
      if (2 * drop > size || monitor_.stop_requested()) break;
      Fit there;
      if (!fit(resize(here, size - drop, 1), there) || !fit(resize(there, size, 1), there)) continue;
      if (climb(there) && there.value < here.value - tolerance_) here = std::move(there);
    }
    std::vector<bool> in(static_cast<std::size_t>(w.size()));
    for (Index j : here.support) in[j] = true;
    Vector next = Vector::Zero(w.size());
    const double intercept = f.intercept();
    if (problem_.loss.is_quadratic()) {
      for (std::size_t a = 0; a < here.support.size(); ++a) next[here.support[a]] = here.w[static_cast<Index>(a)];
    } else {
      const bcd::NullModel free = fit_columns(problem_, in, monitor_);
      next = free.coef;
      f.set_intercept(free.intercept);
    }
    f.predictor(next, z);
    const double found = f.evaluate(z) + total_price(here.support);
    Index counted = 0;
    for (Index j = 0; j < w.size(); ++j) counted += w[j] != 0.0 && prices_[j] > 0.0;
    const bool complete = n_nonzero_ == 0 || counted <= n_nonzero_;
    if (!(found < objective - tolerance_) && (complete || !std::isfinite(found))) {
      f.set_intercept(intercept);
      return improved;
    }
    w = next;
    objective = found;
    improved = true;
    if (problem_.loss.is_quadratic()) return true;
  }
  return improved;
}

}  // namespace pauca::prox
