#include "pauca/bcd/rules/linear_smooth.hpp"

#include <algorithm>
#include <string>

namespace pauca::bcd::rules {

LinearSmooth::LinearSmooth(const Design& design, const Loss& loss, Vector ridge, const LinearOptions& options,
                           Monitor& monitor)
    : design_(design), loss_(loss), ridge_(std::move(ridge)), options_(options) {
  watch(monitor);
  const Index p = design.cols();
  require(std::isfinite(loss.curvature_bound()),
          std::string("loss: block updates need a bounded curvature, which ") + loss.name() + " has not");
  if (!ridge_.size()) ridge_.setZero(p);
  total_weight_ = loss.weights().sum();
  lipschitz_.resize(p);
  for (Index j = 0; j < p; ++j) {
    double square = design.weighted_square(j, loss.weights().data());
    if (options.fit_intercept) {
      const double mean = weighted_mean(&loss.weights(), total_weight_, j);
      square = std::max(square - total_weight_ * mean * mean, 0.0);
    }
    lipschitz_[j] = loss.curvature_bound() * square + ridge_[j];
  }
  direction_.setZero(design.rows());
  reset(Vector::Zero(p));
}

double LinearSmooth::weighted_mean(const Vector* h, double total, Index j) const {
  return total > 0.0 ? design_.dot(j, h->data()) / total : 0.0;
}

void LinearSmooth::reset(const Vector& x) {
  x_ = x;
  eta_ = options_.offset ? *options_.offset : Vector::Zero(design_.rows());
  eta_.array() += intercept_;
  for (Index j = 0; j < x.size(); ++j)
    if (x[j] != 0.0) design_.axpy(j, x[j], eta_.data());
  if (options_.fit_intercept) intercept_ += loss_.center(eta_, u_);
  value_ = loss_.value(eta_) + 0.5 * (ridge_.array() * x_.array().square()).sum();
  trial_ = eta_;
  u_fresh_ = gradient_fresh_ = false;
}

void LinearSmooth::refresh_gradient() {
  if (!u_fresh_) loss_.gradient(eta_, u_);
  u_fresh_ = true;
  gradient_.resize(x_.size());
  design_.transpose_multiply(u_.data(), gradient_.data(), monitor());
  gradient_ += ridge_.cwiseProduct(x_);
  gradient_fresh_ = true;
}

const Vector& LinearSmooth::gradient() {
  if (!gradient_fresh_) refresh_gradient();
  return gradient_;
}

void LinearSmooth::gradient(const Block& block, Vector& g) {
  g.resize(static_cast<Index>(block.size()));
  if (!u_fresh_ && !gradient_fresh_) {
    loss_.gradient(eta_, u_);
    u_fresh_ = true;
  }
  for (std::size_t k = 0; k < block.size(); ++k) {
    const Index j = block[k];
    g[static_cast<Index>(k)] = gradient_fresh_ ? gradient_[j] : design_.dot(j, u_.data()) + ridge_[j] * x_[j];
  }
}

void LinearSmooth::keep_gradient() {
  if (design_.is_sparse()) {
    if (!options_.fit_intercept && loss_.has_rows()) build_rows();
  } else if (loss_.is_quadratic()) {
    keep_gram_ = true;
    gram_slot_.assign(x_.size(), -2);
  }
}

void LinearSmooth::build_rows() {
  by_row_.assign(design_.rows(), {});
  by_column_.assign(design_.cols(), {});
  std::vector<std::pair<Index, double>> entries;
  for (Index j = 0; j < design_.cols(); ++j) {
    design_.column_entries(j, entries);
    for (const auto& [i, v] : entries) {
      by_row_[i].push_back({j, v});
      by_column_[j].push_back({i, v});
    }
  }
  row_mark_.assign(design_.rows(), 0);
  column_mark_.assign(design_.cols(), 0);
  rows_known_ = true;
}

void LinearSmooth::aim(const Block& block, const Vector& d) {
  block_ = block;
  d_ = d;
  trial_t_ = -1.0;
  if (rows_known_) {
    for (Index i : touched_rows_) {
      direction_[i] = 0.0;
      trial_[i] = eta_[i];
      row_mark_[i] = 0;
    }
    touched_rows_.clear();
    for (std::size_t k = 0; k < block.size(); ++k)
      if (d[static_cast<Index>(k)] != 0.0)
        for (const Entry& e : by_column_[block[k]]) {
          if (!row_mark_[e.at]) {
            row_mark_[e.at] = 1;
            touched_rows_.push_back(e.at);
          }
          direction_[e.at] += d[static_cast<Index>(k)] * e.value;
        }
    return;
  }
  direction_.setZero();
  for (std::size_t k = 0; k < block.size(); ++k)
    if (d[static_cast<Index>(k)] != 0.0) design_.axpy(block[k], d[static_cast<Index>(k)], direction_.data());
}

double LinearSmooth::probe(double t) {
  if (t == trial_t_) return trial_value_;
  double change = 0.0;
  for (std::size_t k = 0; k < block_.size(); ++k) {
    const Index j = block_[k];
    const double d = t * d_[static_cast<Index>(k)];
    change += ridge_[j] * d * (x_[j] + 0.5 * d);
  }
  if (rows_known_) {
    for (Index i : touched_rows_) trial_[i] = eta_[i] + t * direction_[i];
    trial_value_ = value_ + (loss_.row_value(trial_, touched_rows_) - loss_.row_value(eta_, touched_rows_)) + change;
  } else {
    trial_ = eta_ + t * direction_;
    if (options_.fit_intercept) trial_shift_ = loss_.center(trial_, trial_u_);
    double ridge = 0.0;
    for (Index j = 0; j < x_.size(); ++j) ridge += 0.5 * ridge_[j] * x_[j] * x_[j];
    trial_value_ = loss_.value(trial_) + ridge + change;
  }
  trial_t_ = t;
  return trial_value_;
}

void LinearSmooth::step_sparse(double t) {
  for (Index j : changed_) column_mark_[j] = 0;
  changed_.clear();
  auto mark = [&](Index j) {
    if (column_mark_[j]) return;
    column_mark_[j] = 1;
    changed_.push_back(j);
  };
  if (gradient_fresh_) {
    std::vector<double> before(touched_rows_.size());
    for (std::size_t k = 0; k < touched_rows_.size(); ++k) before[k] = u_[touched_rows_[k]];
    loss_.row_gradient(eta_, touched_rows_, u_);
    for (std::size_t k = 0; k < touched_rows_.size(); ++k) {
      const double change = u_[touched_rows_[k]] - before[k];
      for (const Entry& e : by_row_[touched_rows_[k]]) {
        gradient_[e.at] += change * e.value;
        mark(e.at);
      }
    }
  } else {
    u_fresh_ = false;
  }
  for (std::size_t k = 0; k < block_.size(); ++k) {
    if (gradient_fresh_) gradient_[block_[k]] += ridge_[block_[k]] * t * d_[static_cast<Index>(k)];
    mark(block_[k]);
  }
}

void LinearSmooth::gram_column(Index j) {
  const Index p = x_.size();
  if (gram_used_ == gram_.cols()) {
    const auto most = static_cast<Index>(options_.gram_bytes / (8.0 * static_cast<double>(p)));
    if (gram_used_ >= std::min(most, p)) {
      keep_gram_ = false;  // out of budget: from now on the gradient is computed afresh
      gram_.resize(0, 0);
      return;
    }
    gram_.conservativeResize(p, std::min({most, p, std::max<Index>(16, 2 * gram_used_)}));
  }
  Matrix column;
  bound(everything(p), {j}, column);
  gram_.col(gram_used_) = column.col(0);
  gram_slot_[j] = gram_used_++;
}

/// A coordinate's Gram column is computed when it moves for the second time: before, a fresh gradient is cheaper.
bool LinearSmooth::gram_ready() {
  bool ready = keep_gram_;
  for (std::size_t k = 0; k < block_.size() && keep_gram_; ++k)
    if (d_[static_cast<Index>(k)] != 0.0 && gram_slot_[block_[k]] == -2) ready = false;
  for (std::size_t k = 0; k < block_.size() && keep_gram_; ++k) {
    Index& slot = gram_slot_[block_[k]];
    if (d_[static_cast<Index>(k)] == 0.0) continue;
    if (slot == -2)
      slot = -1;
    else if (slot == -1 && ready)
      gram_column(block_[k]);
  }
  return ready && keep_gram_;
}

void LinearSmooth::step(double t) {
  probe(t);
  for (std::size_t k = 0; k < block_.size(); ++k) x_[block_[k]] += t * d_[static_cast<Index>(k)];
  value_ = trial_value_;
  if (rows_known_) {
    for (Index i : touched_rows_) eta_[i] = trial_[i];
    step_sparse(t);
    return;
  }
  eta_.swap(trial_);
  u_fresh_ = options_.fit_intercept;
  if (options_.fit_intercept) {
    u_.swap(trial_u_);
    intercept_ += trial_shift_;
  }
  if (!gradient_fresh_) return;
  if (!gram_ready()) {
    gradient_fresh_ = false;
    return;
  }
  for (std::size_t k = 0; k < block_.size(); ++k)
    if (d_[static_cast<Index>(k)] != 0.0)
      gradient_.noalias() += (t * d_[static_cast<Index>(k)]) * gram_.col(gram_slot_[block_[k]]);
}

void LinearSmooth::weighted_block(const Vector* h, double factor, const Block& a, const Block& b, Matrix& out) {
  out.resize(static_cast<Index>(a.size()), static_cast<Index>(b.size()));
  design_.weighted_gram(h->data(), a, b, out.data(), std::max<Index>(out.rows(), 1), monitor());
  if (options_.fit_intercept) {
    const double total = h->sum();
    Vector left(out.rows());
    for (std::size_t i = 0; i < a.size(); ++i) left[static_cast<Index>(i)] = weighted_mean(h, total, a[i]);
    for (std::size_t k = 0; k < b.size(); ++k)
      out.col(static_cast<Index>(k)) -= (total * weighted_mean(h, total, b[k])) * left;
  }
  out *= factor;
  for (std::size_t k = 0; k < b.size(); ++k)
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] == b[k]) out(static_cast<Index>(i), static_cast<Index>(k)) += ridge_[a[i]];
}

void LinearSmooth::bound(const Block& a, const Block& b, Matrix& out) {
  weighted_block(&loss_.weights(), loss_.curvature_bound(), a, b, out);
}

void LinearSmooth::bound_times(const Block& block, const Vector& d, Vector& out) {
  Vector z = Vector::Zero(design_.rows());
  for (std::size_t k = 0; k < block.size(); ++k)
    if (d[static_cast<Index>(k)] != 0.0) design_.axpy(block[k], d[static_cast<Index>(k)], z.data());
  if (options_.fit_intercept) z.array() -= loss_.weights().dot(z) / total_weight_;
  z.array() *= loss_.curvature_bound() * loss_.weights().array();
  out.resize(x_.size());
  design_.transpose_multiply(z.data(), out.data(), monitor());
  for (std::size_t k = 0; k < block.size(); ++k) out[block[k]] += ridge_[block[k]] * d[static_cast<Index>(k)];
}

void LinearSmooth::hessian(const Block& block, Matrix& out) {
  Vector h(eta_.size());
  loss_.curvature(eta_, h);
  weighted_block(&h, 1.0, block, block, out);
}

/// sup |l'''| sum_i s_i ||x_ib||^3
double LinearSmooth::third_bound(const Block& block) {
  if (loss_.is_quadratic()) return 0.0;
  if (options_.fit_intercept) return std::numeric_limits<double>::infinity();
  Vector square = Vector::Zero(eta_.size()), column(eta_.size());
  for (Index j : block) {
    column.setZero();
    design_.axpy(j, 1.0, column.data());
    square.array() += column.array().square();
  }
  return loss_.third_bound() * (loss_.weights().array() * square.array() * square.array().sqrt()).sum();
}

}  // namespace pauca::bcd::rules
