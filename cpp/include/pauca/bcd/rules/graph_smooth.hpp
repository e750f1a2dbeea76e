#pragma once

#include "pauca/bcd/graph/graph.hpp"
#include "pauca/bcd/rules/smooth.hpp"

namespace pauca::bcd::rules {

/// f(x) = x'Qx / 2 - c'x for a sparse symmetric positive semidefinite Q; H = Q. A step on b costs its neighbours.
class GraphSmooth final : public Smooth {
 public:
  GraphSmooth(graph::SparseSymmetric q, Vector c);

  const char* name() const override { return "graph"; }
  bool is_quadratic() const override { return true; }
  const graph::SparseSymmetric& matrix() const { return q_; }

  void reset(const Vector& x) override;
  const Vector& gradient() override { return gradient_; }
  void gradient(const Block& block, Vector& g) override;
  const Block* changed() const override { return &changed_; }

  void aim(const Block& block, const Vector& d) override;
  double probe(double t) override { return value_ + t * slope_ + 0.5 * t * t * bend_; }
  void step(double t) override;

  void bound(const Block& a, const Block& b, Matrix& out) override;
  void bound_times(const Block& block, const Vector& d, Vector& out) override;
  void hessian(const Block& block, Matrix& out) override { bound(block, block, out); }
  double third_bound(const Block&) override { return 0.0; }

 private:
  graph::SparseSymmetric q_;
  Vector c_, gradient_;
  Block block_, changed_;
  Vector d_, product_;  // Q d on `changed_`, stored at its coordinates
  std::vector<char> mark_;
  std::vector<Index> place_;
  double slope_ = 0.0, bend_ = 0.0;
};

}  // namespace pauca::bcd::rules
