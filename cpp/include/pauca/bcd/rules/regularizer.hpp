#pragma once

#include "pauca/bcd/rules/smooth.hpp"

namespace pauca::bcd::rules {

/// The nonsmooth part g of F = f + g. Block arguments hold the values on the block, in its order.
class Regularizer {
 public:
  virtual ~Regularizer() = default;
  /// True if g = 0.
  virtual bool is_zero() const { return false; }
  /// True if g is a sum over coordinates.
  virtual bool is_separable() const { return true; }
  virtual double value(const Vector& x) const = 0;
  /// g(x_b + d) - g(x_b)
  virtual double change(const Block& b, const Vector& x, const Vector& d) const = 0;
  /// d = argmin_d G'd + sum_i D_i d_i^2 / 2 + g(x_b + d); a group norm takes the largest D_i for all.
  virtual void prox_step(const Block& b, const Vector& x, const Vector& g, const Vector& D, Vector& d) const = 0;
  /// s = the element of least norm in G + subdifferential of g at x_b
  virtual void min_subgradient(const Block& b, const Vector& x, const Vector& g, Vector& s) const = 0;
  /// The bound that v misses by rounding only, else v.
  virtual double snap(Index /*i*/, double v) const { return v; }
};

/// g(x) = sum_i lambda_i |x_i| + indicator of lower_i <= x_i <= upper_i, lower <= 0 <= upper where lambda_i > 0.
class L1Box final : public Regularizer {
 public:
  /// Empty vectors stand for zeros, -infinity and +infinity.
  L1Box(Vector lambda, Vector lower, Vector upper);

  double lambda(Index i) const { return lambda_.size() ? lambda_[i] : 0.0; }
  double lower(Index i) const { return lower_.size() ? lower_[i] : -std::numeric_limits<double>::infinity(); }
  double upper(Index i) const { return upper_.size() ? upper_[i] : std::numeric_limits<double>::infinity(); }
  /// argmin_x lambda_i |x| + (x - v)^2 / (2 step) within the bounds
  double prox(Index i, double v, double step) const;

  bool is_zero() const override { return !lambda_.size() && !lower_.size() && !upper_.size(); }
  double value(const Vector& x) const override;
  double change(const Block& b, const Vector& x, const Vector& d) const override;
  void prox_step(const Block& b, const Vector& x, const Vector& g, const Vector& D, Vector& d) const override;
  void min_subgradient(const Block& b, const Vector& x, const Vector& g, Vector& s) const override;
  double snap(Index i, double v) const override;

 private:
  Vector lambda_, lower_, upper_;
};

/// g(x) = sum_b lambda_b ||x_b||_2 over disjoint groups; blocks must be these groups.
class GroupL2 final : public Regularizer {
 public:
  GroupL2(const std::vector<Block>& groups, Vector lambda, Index size);

  double lambda(const Block& b) const { return lambda_[group_of_[b[0]]]; }
  bool is_separable() const override { return false; }
  double value(const Vector& x) const override;
  double change(const Block& b, const Vector& x, const Vector& d) const override;
  void prox_step(const Block& b, const Vector& x, const Vector& g, const Vector& D, Vector& d) const override;
  void min_subgradient(const Block& b, const Vector& x, const Vector& g, Vector& s) const override;

 private:
  std::vector<Block> groups_;
  Vector lambda_;
  std::vector<Index> group_of_;
};

}  // namespace pauca::bcd::rules
