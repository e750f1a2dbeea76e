#pragma once

#include <algorithm>
#include <cmath>

namespace pauca::bcd {

template <class P>
bool GramSubproblem<P>::sweep() {
  bool changed = false;
  const Index size = gram_.size();
  for (Index k : active_) {
    const double c = gram_.diagonal(k);
    if (c <= 0.0) continue;
    const Index j = gram_.column(k);
    if (w_[k] == 0.0 && this->penalty_.stays_zero(j, g_[k])) continue;
    const double next = this->penalty_.prox(j, w_[k] - g_[k] / c, 1.0 / c);
    const double d = next - w_[k];
    if (d == 0.0) continue;
    changed |= (next == 0.0) != (w_[k] == 0.0) || next * w_[k] < 0.0;
    w_[k] = next;
    g_.noalias() += d * Eigen::Map<const Vector>(gram_.data(k), size);
  }
  return changed;
}

template <class P>
double GramSubproblem<P>::violation() const {
  double worst = 0.0;
  for (Index k : active_)
    if (gram_.diagonal(k) > 0.0) worst = std::max(worst, this->penalty_.violation(gram_.column(k), w_[k], g_[k]));
  return worst;
}

/// At the rate of the last one.
inline double sweeps_left(double target, double now, double before) {
  return std::log(target / now) / std::log(now / before);
}

template <class P>
Index GramSubproblem<P>::nonzeros() const {
  return std::count_if(active_.begin(), active_.end(), [this](Index k) { return w_[k] != 0.0; });
}

template <class P>
bool GramSubproblem<P>::newton_step(Monitor& monitor) {
  support_.clear();
  for (Index k : active_)
    if (this->penalty_.smooth_at(gram_.column(k), w_[k]) && gram_.diagonal(k) > 0.0) support_.push_back(k);
  const Index s = static_cast<Index>(support_.size());
  if (s == 0) return false;
  Vector d(s), start(s), extra(s);
  for (Index a = 0; a < s; ++a) {
    const Index k = support_[a], j = gram_.column(k);
    start[a] = w_[k];
    d[a] = -(g_[k] + this->penalty_.slope(j, w_[k]));
    extra[a] = this->penalty_.curvature(j, w_[k]);
  }
  if (!factor_.solve(gram_, support_, extra, d, monitor)) return false;

  Vector delta(s), change_of_g(gram_.size());
  const double first = first_sign_change(start, d);
  double t = 1.0;
  bool accepted = false;
  for (int trial = 0; trial < 5 && !accepted; ++trial, t *= 0.5) {
    if (trial == 4 || (P::convex && t <= first)) t = first;
    change_of_g.setZero();
    double change = 0.0;
    for (Index a = 0; a < s; ++a) {
      const Index j = gram_.column(support_[a]);
      const double next = this->penalty_.keep_piece(j, start[a], start[a] + t * d[a]);
      delta[a] = next - start[a];
      if (delta[a] == 0.0) continue;
      change += g_[support_[a]] * delta[a] + this->penalty_.value(j, next) - this->penalty_.value(j, start[a]);
      change_of_g.noalias() += delta[a] * Eigen::Map<const Vector>(gram_.data(support_[a]), gram_.size());
    }
    for (Index a = 0; a < s; ++a) change += 0.5 * delta[a] * change_of_g[support_[a]];
    accepted = change < 0.0;
    if (t == first && (P::convex || trial == 4)) break;
  }
  if (!accepted) return false;
  for (Index a = 0; a < s; ++a)
    if (delta[a] != 0.0) w_[support_[a]] = start[a] + delta[a];
  g_ += change_of_g;
  return true;
}

template <class P>
void GramSubproblem<P>::solve(const std::vector<Index>& working, Vector& w, const Vector&, const Vector& gradient,
                              double target, Monitor& monitor) {
  gram_.include(working, monitor);
  if (monitor.stop_requested()) return;  // an unfinished Gram is of no use
  w_.resize(gram_.size());
  g_.resize(gram_.size());
  for (Index k = 0; k < gram_.size(); ++k) {
    w_[k] = w[gram_.column(k)];
    g_[k] = gradient[gram_.column(k)];
  }
  // Other columns of the Gram stay where they are: the gradient passed in may be out of date for them.
  active_.clear();
  for (Index j : working) active_.push_back(gram_.position(j));
  std::sort(active_.begin(), active_.end());
  NewtonTrigger trigger(P::convex ? 1 : 2);  // for convex penalties the factor is at hand
  // Where the model is the loss itself its minimiser is worth having: by sweeps if these are likely to cost less.
  const bool weigh = P::convex && models_ == 1;
  double v = 0.0;
  int cheap_sweeps = 0;
  for (int pass = 0; pass < 1000; ++pass) {
    const bool changed = sweep();
    const double before = v;
    v = violation();
    if (v <= target) break;
    if (weigh && v < before && cheap_sweeps + sweeps_left(target, v, before) <= factor_.cost(nonzeros())) {
      ++cheap_sweeps;
    } else if (trigger.after_sweep(changed)) {
      cheap_sweeps = 0;
      for (int step = 0; step < 3; ++step) {
        if (!newton_step(monitor)) break;
        v = violation();
        if (v <= target) break;
      }
      if (v <= target) break;
      trigger.reset();
    }
    if (!monitor.keep_going()) break;
  }
  for (Index k : active_) w[gram_.column(k)] = w_[k];
}

}  // namespace pauca::bcd
