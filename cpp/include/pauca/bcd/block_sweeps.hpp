#pragma once

#include <memory>
#include <vector>

#include "pauca/bcd/working_gram.hpp"
#include "pauca/penalty/block_penalty.hpp"

namespace pauca::bcd {

/// Sweeps of block updates over the quadratic model  <U, X D> + 1/2 <X D C, H X D> + g(B + D)  of a working set.
///
/// H holds row weights; the coupling C of tasks is the identity or Boehning's (I - 11'/T) / 2 <= I / 2. A block moves
/// to prox_{g / L}(B_b - G_b / L), L the largest eigenvalue of its Gram; with one task and a Euclidean penalty to the
/// exact minimiser, by the secular equation sum_i c_i^2 / (Lambda_i t + lambda)^2 = 1 for its norm t.
class BlockSweeps {
 public:
  BlockSweeps(const Design& design, const BlockPenalty& penalty, const std::vector<std::vector<Index>>& blocks,
              Index tasks, bool center, bool softmax);
  virtual ~BlockSweeps() = default;

  virtual void set_curvature(const Curvature& h) = 0;
  /// Sweeps until the violation on `working` is at most `target`, the pattern of active blocks held for `patience`
  /// sweeps, or `limit` sweeps; returns the last violation seen. b, gradient: (p, T); u: gradient in the predictors.
  virtual double run(const std::vector<Index>& working, Matrix& b, const Matrix& u, const Matrix& gradient,
                     double target, int limit, int patience, Monitor& monitor) = 0;
  virtual double mean(Index j) const = 0;
  virtual const char* name() const = 0;
  virtual const WorkingGram* gram() const { return nullptr; }
  Index sweeps() const { return count_; }
  /// Sweeps at the end of the last run that did not change which blocks are active.
  Index stable() const { return stable_; }

 protected:
  /// The factor of C's bound: C <= bound I.
  double coupling_bound() const { return softmax_ ? 0.5 : 1.0; }
  /// d <- d C for a block (features x tasks).
  void couple(Eigen::Ref<Matrix> d) const {
    if (softmax_) {
      const Vector mean = d.rowwise().mean();
      d = 0.5 * (d.colwise() - mean);
    }
  }
  /// What is kept of a block's Gram: its spectrum (and basis, if it is worth one), computed once.
  struct Spectrum {
    double largest = -1.0;
    Vector values;
    Matrix basis;
  };
  /// Minimiser of the block's model from coefficients w and gradient g, both (features x tasks).
  void update(Index block, const Spectrum& spectrum, const Matrix& w, const Matrix& g, Matrix& next) const;
  static Spectrum spectrum_of(const Matrix& gram, bool with_basis);

  const Design& design_;
  const BlockPenalty& penalty_;
  const std::vector<std::vector<Index>>& blocks_;
  Index tasks_;
  bool center_, softmax_;
  Index count_ = 0, stable_ = 0;
};

std::unique_ptr<BlockSweeps> make_gram_sweeps(const Design& design, const BlockPenalty& penalty,
                                              const std::vector<std::vector<Index>>& blocks, Index tasks, bool center,
                                              bool softmax);
std::unique_ptr<BlockSweeps> make_residual_sweeps(const Design& design, const BlockPenalty& penalty,
                                                  const std::vector<std::vector<Index>>& blocks, Index tasks,
                                                  bool center, bool softmax);

}  // namespace pauca::bcd
