#pragma once

#include <memory>

#include "pauca/bcd/rules/regularizer.hpp"
#include "pauca/bcd/rules/smooth.hpp"

namespace pauca::bcd::rules {

/// The diagonal D_b of a separable majoriser d'D_b d / 2 of f on a block.
enum class Diagonal {
  block,       ///< L_b, the largest eigenvalue of H_b
  scaled,      ///< |b| L_i
  gershgorin,  ///< sum_{j in b} |H_ij|
  coordinate,  ///< L_i: a majoriser only for blocks of one
};

/// A symmetric matrix with what block updates ask of it, computed on first use.
///
/// Singular matrices are met by a ridge of 1e-12 times the largest diagonal entry.
class Metric {
 public:
  explicit Metric(Matrix h) : h_(std::move(h)) {}
  const Matrix& matrix() const { return h_; }
  /// Largest eigenvalue; from 600 rows on, Gershgorin's bound of it.
  double top();
  /// out = H^-1 v
  void solve(const Vector& v, Vector& out);
  const Vector& eigenvalues();  ///< ascending, those below the ridge raised to it
  const Matrix& eigenvectors();

 private:
  void decompose(bool vectors);
  double ridge() const;

  Matrix h_, lower_, vectors_;
  Vector values_;
};

/// One block with its curvature bound H_b. Everything is computed on first use and kept.
class BlockModel {
 public:
  BlockModel(Smooth& f, Block block, double floor) : f_(&f), block_(std::move(block)), floor_(floor) {}

  const Block& block() const { return block_; }
  Index size() const { return static_cast<Index>(block_.size()); }
  Metric& bound();
  /// L_b, at least the floor.
  double lipschitz();
  /// D_b, at least the floor.
  const Vector& diagonal(Diagonal kind);

 private:
  Smooth* f_;
  Block block_;
  double floor_;
  std::unique_ptr<Metric> bound_;
  double lipschitz_ = -1.0;
  Vector diagonal_[4];
};

/// Smallest curvature a step is computed with: 1e-12 max L_i, or one where f is constant.
double curvature_floor(const Smooth& f);

/// m = -[G'd + d'Hd / 2 + g(x_b + d) - g(x_b)], the decrease that a model promises.
double model_decrease(const Regularizer& g, const Block& b, const Vector& x, const Vector& gradient, const Vector& d,
                      double curvature);

/// d = argmin_d G'd + d'Hd / 2 + g(x_b + d), exactly: L1 and bounds by coordinate sweeps and a solve on the face they
/// settle on; a group norm by the secular equation sum_i v_i^2 / (Lambda_i t + lambda)^2 = 1, v = Q'(H x_b - G),
/// t = ||x_b + d||, H = Q Lambda Q'; nothing by a Cholesky factor.
void minimise_model(const Regularizer& g, const Block& b, const Vector& x, const Vector& gradient, Metric& h,
                    Vector& d);

}  // namespace pauca::bcd::rules
