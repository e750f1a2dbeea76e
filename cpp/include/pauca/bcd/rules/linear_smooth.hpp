#pragma once

#include <memory>

#include "pauca/bcd/rules/smooth.hpp"
#include "pauca/design/design.hpp"
#include "pauca/loss/loss.hpp"

namespace pauca::bcd::rules {

/// What LinearSmooth may keep to make greedy rules cheap.
struct LinearOptions {
  bool fit_intercept = false;
  const Vector* offset = nullptr;
  double gram_bytes = 512.0 * 1048576;  ///< largest cache of Gram columns
};

/// f(w) = sum_i s_i l(y_i, o_i + b + x_i'w) + sum_j ridge_j w_j^2 / 2, minimised over the intercept b if there is one.
///
///   H = X' S X max l'' + diag(ridge), its columns centred with an intercept: the Schur complement of the joint bound.
///
/// The gradient of all coordinates after a step on b costs O(p |b|) from cached Gram columns (dense, quadratic), and
/// O(c r) with c entries a column and r a row (sparse, no intercept).
class LinearSmooth final : public Smooth {
 public:
  LinearSmooth(const Design& design, const Loss& loss, Vector ridge, const LinearOptions& options, Monitor& monitor);

  const char* name() const override { return loss_.name(); }
  bool is_quadratic() const override { return loss_.is_quadratic(); }
  double intercept() const { return intercept_; }

  void reset(const Vector& x) override;
  const Vector& gradient() override;
  void gradient(const Block& block, Vector& g) override;
  const Block* changed() const override { return rows_known_ && gradient_fresh_ ? &changed_ : nullptr; }
  void keep_gradient() override;

  void aim(const Block& block, const Vector& d) override;
  double probe(double t) override;
  void step(double t) override;

  void bound(const Block& a, const Block& b, Matrix& out) override;
  void bound_times(const Block& block, const Vector& d, Vector& out) override;
  void hessian(const Block& block, Matrix& out) override;
  double third_bound(const Block& block) override;

 private:
  struct Entry {
    Index at;
    double value;
  };
  void weighted_block(const Vector* h, double factor, const Block& a, const Block& b, Matrix& out);
  double weighted_mean(const Vector* h, double total, Index j) const;
  void build_rows();
  void gram_column(Index j);
  bool gram_ready();
  void refresh_gradient();
  void step_sparse(double t);

  const Design& design_;
  const Loss& loss_;
  Vector ridge_;
  LinearOptions options_;
  double intercept_ = 0.0, total_weight_ = 0.0;
  Vector eta_, u_, gradient_;
  bool gradient_fresh_ = false, u_fresh_ = false;

  // The aimed step.
  Block block_;
  Vector d_, direction_, trial_, trial_u_;
  double trial_shift_ = 0.0, trial_value_ = 0.0, trial_t_ = -1.0;

  // Caches.
  bool keep_gram_ = false, rows_known_ = false;
  Matrix gram_;
  std::vector<Index> gram_slot_;  // column of gram_, -1 after one move, -2 before
  Index gram_used_ = 0;
  std::vector<std::vector<Entry>> by_row_, by_column_;
  std::vector<Index> touched_rows_;
  Block changed_;
  std::vector<char> row_mark_, column_mark_;
};

}  // namespace pauca::bcd::rules
