#pragma once

namespace pauca::bcd {

template <class P>
void GramSubproblem<P>::set_curvature(const Curvature& h) {
  h_ = h;
  h_sum_ = h.sum(this->design_.rows());
  for (Index j : columns_) position_[j] = -1;
  columns_.clear();
  size_ = 0;
  if (position_.size() == 0) position_.setConstant(this->design_.cols(), -1);
  if (this->center_ && this->means_.size() == 0) this->means_.setZero(this->design_.cols());
}

template <class P>
void GramSubproblem<P>::include(const std::vector<Index>& working, Monitor& monitor) {
  std::vector<Index> fresh;
  for (Index j : working)
    if (position_[j] < 0) fresh.push_back(j);
  if (fresh.empty()) return;
  const Index old = size_, count = static_cast<Index>(fresh.size()), now = old + count;
  if (now > gram_.rows()) {
    const Index capacity = std::max(now, std::min(2 * gram_.rows(), this->design_.cols()));
    Matrix larger(capacity, capacity);
    larger.topLeftCorner(old, old) = gram_.topLeftCorner(old, old);
    gram_.swap(larger);
  }
  for (Index k = 0; k < count; ++k) {
    position_[fresh[k]] = old + k;
    columns_.push_back(fresh[k]);
  }
  const double* rows = h_.rows ? h_.rows->data() : nullptr;
  const Index ld = gram_.rows();
  // Only the upper triangle of the new block is computed: a chunk of new columns against those up to its end.
  constexpr Index chunk = 96;
  for (Index first = 0; first < count; first += chunk) {
    const Index last = std::min(first + chunk, count);
    const std::vector<Index> rows_so_far(columns_.begin(), columns_.begin() + old + last);
    const std::vector<Index> new_columns(fresh.begin() + first, fresh.begin() + last);
    this->design_.weighted_gram(rows, rows_so_far, new_columns, gram_.data() + (old + first) * ld, ld, monitor);
    gram_.block(old + first, old, last - first, first) = gram_.block(old, old + first, first, last - first).transpose();
  }
  auto block = gram_.block(0, old, now, count);
  if (!rows) block *= h_.constant;
  if (this->center_) {
    Vector sums(now);  // sum_i h_i x_ij
    for (Index k = 0; k < now; ++k) {
      const Index j = columns_[k];
      if (k >= old) {
        this->means_[j] = rows ? this->design_.dot(j, rows) / h_sum_
                               : this->design_.dot(j, Vector::Ones(this->design_.rows()).eval().data()) /
                                     static_cast<double>(this->design_.rows());
      }
      sums[k] = this->means_[j];
    }
    block.noalias() -= h_sum_ * sums * sums.tail(count).transpose();
  }
  for (Index k = 0; k < count; ++k) {
    // Cancellation can leave a constant column a tiny or negative curvature: it has none.
    double& d = gram_(old + k, old + k);
    const double raw = this->center_ ? d + h_sum_ * std::pow(this->means_[fresh[k]], 2) : d;
    if (!(d > 1e-13 * raw)) {
      d = 0.0;
    }
  }
  gram_.block(old, 0, count, old) = gram_.block(0, old, old, count).transpose();
  size_ = now;
}

template <class P>
bool GramSubproblem<P>::sweep() {
  bool changed = false;
  const Index ld = gram_.rows();
  for (Index k = 0; k < size_; ++k) {
    const double c = gram_(k, k);
    if (c <= 0.0) continue;
    const Index j = columns_[k];
    if (w_[k] == 0.0 && this->penalty_.stays_zero(j, g_[k])) continue;
    const double next = this->penalty_.prox(j, w_[k] - g_[k] / c, 1.0 / c);
    const double d = next - w_[k];
    if (d == 0.0) continue;
    changed |= (next == 0.0) != (w_[k] == 0.0) || next * w_[k] < 0.0;
    w_[k] = next;
    g_.head(size_).noalias() += d * Eigen::Map<const Vector>(gram_.data() + k * ld, size_);
  }
  ++this->sweeps_;
  return changed;
}

template <class P>
double GramSubproblem<P>::violation() const {
  double worst = 0.0;
  for (Index k = 0; k < size_; ++k)
    if (gram_(k, k) > 0.0) worst = std::max(worst, this->penalty_.violation(columns_[k], w_[k], g_[k]));
  return worst;
}

template <class P>
bool GramSubproblem<P>::newton_step(Monitor& monitor) {
  support_.clear();
  for (Index k = 0; k < size_; ++k)
    if (w_[k] != 0.0 && gram_(k, k) > 0.0) support_.push_back(k);
  const Index s = static_cast<Index>(support_.size());
  if (s == 0) return false;
  // The strict upper triangle keeps the model for the line search while the lower one is factored in place.
  factor_.resize(s, s);
  Vector rhs(s), start(s), diagonal(s);
  for (Index b = 0; b < s; ++b) {
    const Index kb = support_[b];
    const double* column = gram_.data() + kb * gram_.rows();
    for (Index a = 0; a < s; ++a) factor_(a, b) = column[support_[a]];
    start[b] = w_[kb];
    rhs[b] = -(g_[kb] + this->penalty_.slope(columns_[kb], w_[kb]));
    diagonal[b] = factor_(b, b);
    factor_(b, b) += this->penalty_.curvature(columns_[kb], w_[kb]) + 1e-13 * diagonal[b];
  }
  if (!cholesky_in_place(factor_, monitor)) return false;
  Vector d = rhs;
  factor_.template triangularView<Eigen::Lower>().solveInPlace(d);
  factor_.template triangularView<Eigen::Lower>().transpose().solveInPlace(d);
  if (!d.allFinite()) return false;

  Vector delta(s);
  const double first = first_sign_change(start, d);
  double t = 1.0;
  bool accepted = false;
  for (int trial = 0; trial < 5 && !accepted; ++trial, t *= 0.5) {
    if (trial == 4 || t <= first) t = first;
    double change = 0.0;
    for (Index a = 0; a < s; ++a) {
      double next = start[a] + t * d[a];
      if (next * start[a] <= 0.0) next = 0.0;  // projection onto the orthant of the current signs
      delta[a] = next - start[a];
      const Index j = columns_[support_[a]];
      change += g_[support_[a]] * delta[a] + 0.5 * diagonal[a] * delta[a] * delta[a] + this->penalty_.value(j, next) -
                this->penalty_.value(j, start[a]);
    }
    const Vector upper = factor_.template triangularView<Eigen::StrictlyUpper>() * delta;
    change += delta.dot(upper);
    accepted = change < 0.0;
    if (t == first) break;
  }
  if (!accepted) return false;
  for (Index a = 0; a < s; ++a) {
    if (delta[a] == 0.0) continue;
    const Index k = support_[a];
    w_[k] = start[a] + delta[a];
    g_.head(size_).noalias() += delta[a] * Eigen::Map<const Vector>(gram_.data() + k * gram_.rows(), size_);
  }
  ++this->newton_steps_;
  return true;
}

template <class P>
void GramSubproblem<P>::solve(const std::vector<Index>& working, Vector& w, const Vector&, const Vector& gradient,
                              double target, Monitor& monitor) {
  include(working, monitor);
  if (monitor.stop_requested()) return;  // an unfinished Gram is of no use
  w_.resize(size_);
  g_.resize(size_);
  for (Index k = 0; k < size_; ++k) {
    w_[k] = w[columns_[k]];
    g_[k] = gradient[columns_[k]];
  }
  NewtonTrigger trigger;
  for (int pass = 0; pass < 1000; ++pass) {
    const bool changed = sweep();
    double v = violation();
    if (v <= target) break;
    if (trigger.after_sweep(changed)) {
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
  for (Index k = 0; k < size_; ++k) w[columns_[k]] = w_[k];
}

}  // namespace pauca::bcd
