#pragma once

#include "pauca/bcd/rules/smooth.hpp"
#include "pauca/design/design.hpp"

namespace pauca::bcd::rules {

/// f(W) = sum_i s_i [logsumexp(z_i) - z_{i,y_i}] + ridge ||W||^2 / 2, Z = X W, with W (p, k) read row by row: the
/// coordinate of feature j and class c is j k + c.
///
/// Boehning's bound: H((j,c), (l,d)) = 1/2 (1[c = d] - 1/k) x_j' S x_l. On a block that touches m < k classes k becomes
/// m + 1 there, because the other classes together weigh like one.
class SoftmaxSmooth final : public Smooth {
 public:
  SoftmaxSmooth(const Design& design, std::vector<Index> labels, Index n_classes, Vector weights, double ridge);

  const char* name() const override { return "softmax"; }
  bool is_quadratic() const override { return false; }

  void reset(const Vector& x) override;
  const Vector& gradient() override;
  void gradient(const Block& block, Vector& g) override;

  void aim(const Block& block, const Vector& d) override;
  double probe(double t) override;
  void step(double t) override;

  void bound(const Block& a, const Block& b, Matrix& out) override;
  void bound_times(const Block& block, const Vector& d, Vector& out) override;
  Vector bound_row_sums() override;
  void hessian(const Block& block, Matrix& out) override;
  double third_bound(const Block& block) override;

 private:
  double loss(const Matrix& z) const;
  void probabilities();
  Index feature(Index i) const { return i / classes_; }
  Index label(Index i) const { return i % classes_; }

  const Design& design_;
  std::vector<Index> labels_;
  Index classes_;
  Vector weights_;
  double ridge_;
  Matrix z_, residual_, direction_, trial_;  // (n, k); residual = s o (P - Y)
  Vector gradient_;
  bool residual_fresh_ = false, gradient_fresh_ = false;
  Block block_;
  Vector d_;
};

}  // namespace pauca::bcd::rules
