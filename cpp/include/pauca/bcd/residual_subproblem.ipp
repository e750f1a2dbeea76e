#pragma once

namespace pauca::bcd {

constexpr int cg_steps = 20;  // a sweep repairs the support more cheaply than a late conjugate gradient step

template <class P>
void ResidualSubproblem<P>::set_curvature(const Curvature& h) {
  h_ = h;
  h_sum_ = h.sum(this->design_.rows());
  const Index p = this->design_.cols();
  if (curvatures_.size() == 0) curvatures_.setConstant(p, -1.0);
  if (this->center_ && means_.size() == 0) means_.setZero(p);
  if (this->center_ && !h.rows) ones_.setOnes(this->design_.rows());
  for (Index j : known_) curvatures_[j] = -1.0;
  known_.clear();
}

template <class P>
void ResidualSubproblem<P>::include(Index j) {
  if (curvatures_[j] >= 0.0) return;
  known_.push_back(j);
  const Design& x = this->design_;
  const double* rows = h_.rows ? h_.rows->data() : nullptr;
  const double raw = x.weighted_square(j, rows) * (rows ? 1.0 : h_.constant);
  double c = raw;
  if (this->center_) {
    means_[j] = rows ? x.dot(j, rows) / h_sum_ : x.dot(j, ones_.data()) / static_cast<double>(x.rows());
    c -= h_sum_ * means_[j] * means_[j];
  }
  curvatures_[j] = c > 1e-13 * raw ? c : 0.0;
}

template <class P>
void ResidualSubproblem<P>::move(Index j, double d) {
  if (h_.rows)
    this->design_.weighted_axpy(j, d, h_.rows->data(), v_.data());
  else
    this->design_.axpy(j, d * h_.constant, v_.data());
  shift_ += d * this->mean(j);
}

template <class P>
bool ResidualSubproblem<P>::sweep(const std::vector<Index>& working, Vector& w, double& worst, Monitor& monitor) {
  bool changed = false;
  worst = 0.0;
  const bool long_columns = this->design_.rows() >= 100'000;
  for (Index j : working) {
    if (long_columns && !monitor.keep_going()) break;
    const double c = curvatures_[j];
    if (c <= 0.0) continue;
    const double g = gradient_at(j);
    if (w[j] == 0.0 && this->penalty_.stays_zero(j, g)) continue;
    worst = std::max(worst, this->penalty_.violation(j, w[j], g));
    const double next = this->penalty_.prox(j, w[j] - g / c, 1.0 / c);
    const double d = next - w[j];
    if (d == 0.0) continue;
    changed |= (next == 0.0) != (w[j] == 0.0) || next * w[j] < 0.0;
    w[j] = next;
    move(j, d);
  }
  return changed;
}

/// predictor = X_S p with the means removed
template <class P>
void ResidualSubproblem<P>::apply(const std::vector<Index>& support, const Vector& p, Vector& predictor) const {
  predictor.setZero(this->design_.rows());
  double mean = 0.0;
  for (std::size_t a = 0; a < support.size(); ++a) {
    if (p[a] == 0.0) continue;
    this->design_.axpy(support[a], p[a], predictor.data());
    mean += p[a] * this->mean(support[a]);
  }
  if (mean != 0.0) predictor.array() -= mean;
}

template <class P>
void ResidualSubproblem<P>::apply_curvature(Vector& predictor) const {
  if (h_.rows)
    predictor.array() *= h_.rows->array();
  else
    predictor *= h_.constant;
}

template <class P>
bool ResidualSubproblem<P>::newton_step(const std::vector<Index>& working, Vector& w, double forcing,
                                        Monitor& monitor) {
  std::vector<Index> support;
  for (Index j : working)
    if (this->penalty_.smooth_at(j, w[j]) && curvatures_[j] > 0.0) support.push_back(j);
  const Index s = static_cast<Index>(support.size());
  if (s == 0) return false;
  Vector r(s), bend(s), inverse(s), start(s), g(s);
  for (Index a = 0; a < s; ++a) {
    const Index j = support[a];
    start[a] = w[j];
    g[a] = gradient_at(j);
    r[a] = -(g[a] + this->penalty_.slope(j, w[j]));
    bend[a] = this->penalty_.curvature(j, w[j]);
    const double diagonal = curvatures_[j] + bend[a];
    if (diagonal <= 0.0) return false;
    inverse[a] = 1.0 / diagonal;
  }
  // Preconditioned conjugate gradients; a direction of negative curvature ends them (concave penalties).
  Vector d = Vector::Zero(s), z = inverse.cwiseProduct(r), p = z, ap(s), predictor;
  double rz = r.dot(z);
  const double stop = forcing * r.norm();
  for (int k = 0; k < cg_steps && r.norm() > stop; ++k) {
    apply(support, p, predictor);
    apply_curvature(predictor);
    for (Index a = 0; a < s; ++a) ap[a] = this->design_.dot(support[a], predictor.data()) + bend[a] * p[a];
    const double curvature = p.dot(ap);
    if (!(curvature > 0.0)) {
      if (k == 0) return false;
      break;
    }
    const double step = rz / curvature;
    d += step * p;
    r -= step * ap;
    z = inverse.cwiseProduct(r);
    const double next = r.dot(z);
    p = z + (next / rz) * p;
    rz = next;
    if (!monitor.keep_going()) return false;
  }

  apply(support, d, predictor);  // X d
  const double first = first_sign_change(start, d);
  Vector delta(s), trial_predictor;
  bool accepted = false;
  double t = 1.0;
  for (int trial = 0; trial < 5 && !accepted; ++trial, t *= 0.5) {
    if (trial == 4 || (P::convex && t <= first)) t = first;
    trial_predictor = t * predictor;
    double change = 0.0, mean = 0.0;
    for (Index a = 0; a < s; ++a) {
      const double free = start[a] + t * d[a], next = this->penalty_.keep_piece(support[a], start[a], free);
      if (next != free) {
        const double correction = next - free;
        this->design_.axpy(support[a], correction, trial_predictor.data());
        mean += correction * this->mean(support[a]);
      }
      delta[a] = next - start[a];
      change += g[a] * delta[a] + this->penalty_.value(support[a], next) - this->penalty_.value(support[a], start[a]);
    }
    if (mean != 0.0) trial_predictor.array() -= mean;
    const double square = h_.rows ? (h_.rows->array() * trial_predictor.array().square()).sum()
                                  : h_.constant * trial_predictor.squaredNorm();
    accepted = change + 0.5 * square < 0.0;
    if (t == first && (P::convex || trial == 4)) break;
  }
  if (!accepted) return false;
  for (Index a = 0; a < s; ++a) w[support[a]] = start[a] + delta[a];
  apply_curvature(trial_predictor);
  v_ += trial_predictor;
  return true;
}

template <class P>
void ResidualSubproblem<P>::solve(const std::vector<Index>& working, Vector& w, const Vector& u, const Vector&,
                                  double target, Monitor& monitor) {
  for (Index j : working) include(j);
  v_ = u;
  shift_ = 0.0;
  NewtonTrigger trigger(2);
  for (int pass = 0; pass < 1000; ++pass) {
    double worst = 0.0;
    const bool changed = sweep(working, w, worst, monitor);
    if (worst <= target) break;
    if (trigger.after_sweep(changed)) {
      const double forcing = std::min(0.1, std::max(1e-12, 0.3 * target / worst));
      newton_step(working, w, forcing, monitor);
      trigger.reset();
    }
    if (!monitor.keep_going()) break;
  }
}

template <class P>
typename ResidualSubproblem<P>::Progress ResidualSubproblem<P>::relax(std::vector<Index> working, Vector& w,
                                                                      const Vector& u, const Pace& pace,
                                                                      Monitor& monitor) {
  for (Index j : working) {
    include(j);
    if (!monitor.keep_going()) return {};
  }
  v_ = u;
  shift_ = 0.0;
  Progress progress;
  double second = 0.0;  // the violation that the first sweep meets is the distance it came from
  for (; progress.sweeps < pace.most && progress.rate <= pace.slowest; ++progress.sweeps) {
    sweep(working, w, progress.worst, monitor);
    if (progress.sweeps == 0) std::erase_if(working, [&](Index j) { return w[j] == 0.0; });
    if (progress.sweeps == 1) second = progress.worst;
    if (progress.sweeps > 1) progress.rate = std::pow(progress.worst / second, 1.0 / (progress.sweeps - 1));
    if (progress.worst <= pace.target || !monitor.keep_going()) break;
  }
  return progress;
}

}  // namespace pauca::bcd
