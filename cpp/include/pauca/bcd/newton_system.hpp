#pragma once

#include <memory>
#include <vector>

#include "pauca/bcd/column_panel.hpp"
#include "pauca/bcd/working_gram.hpp"
#include "pauca/loss/matrix_loss.hpp"

namespace pauca::bcd {

/// The smooth problem on a support S of m columns and T tasks: Hessian  X_S' H X_S + C  with the penalty's curvature
///
///   C = diag(diagonal) + sum over blocks of along_b u_b u_b',   u_b = w_b / ||w_b||.
///
/// With `constant`, matrices carry a last row for the intercepts.
struct SupportModel {
  explicit SupportModel(const Design& design) : panel(design) {}

  Index rows() const { return static_cast<Index>(columns.size()); }
  Index tasks() const { return w.cols(); }
  Index height() const { return rows() + (constant ? 1 : 0); }
  Index begin(std::size_t block) const { return starts[block]; }
  Index count(std::size_t block) const { return starts[block + 1] - starts[block]; }

  std::vector<Index> blocks, columns, starts;
  bool constant = false;
  Matrix w, free, diagonal, unit;  ///< free: 1 where an entry moves smoothly, 0 where it stays
  Vector along, means;
  ColumnPanel panel;
  Matrix hessian;  ///< of the loss, see MatrixLoss::prepare_hessian
};

/// Solves with an approximation of the Hessian, close enough that conjugate gradients end after a few steps; exact for
/// one task and for row-sparse tasks.
class NewtonSystem {
 public:
  virtual ~NewtonSystem() = default;
  /// False if the matrix is not positive definite, or the monitor asked to stop.
  virtual bool factor(const SupportModel& model, Monitor& monitor) = 0;
  virtual void solve(const SupportModel& model, const Matrix& r, Matrix& z) const = 0;
  /// Whether an earlier factorisation may serve this model as well.
  virtual bool serves(const SupportModel& model) = 0;
};

/// For those that serve the columns and free entries they were made for.
class FixedSystem : public NewtonSystem {
 public:
  bool serves(const SupportModel& model) final { return columns_ == model.columns && free_ == model.free; }

 protected:
  void remember(const SupportModel& model) {
    columns_ = model.columns;
    free_ = model.free;
  }

 private:
  std::vector<Index> columns_;
  Matrix free_;
};

/// The cheapest of those below that takes the model. gram: of the support with the loss's exact curvature, or null.
std::unique_ptr<NewtonSystem> choose_system(const SupportModel& model, const MatrixLoss& loss, const WorkingGram* gram);

/// The diagonal of the Hessian.
std::unique_ptr<NewtonSystem> make_diagonal_system(const MatrixLoss& loss);
/// One task: Cholesky of the Hessian.
std::unique_ptr<NewtonSystem> make_direct_system(const WorkingGram* gram);
/// Penalties of norms: H = P (x) I_T + sum along_b u_b u_b' with P = X'hX + F, F diagonal. P by Cholesky, or where
/// columns outnumber rows (`dual`) by that of I + sqrt(h) X F^-1 X' sqrt(h); the rank-one terms by
///
///   H^-1 = P^-1 + P^-1 U c S^-1 c U' P^-1,   S = I - c U' P^-1 U c,   c_b = sqrt(-along_b),
///
/// where U' P^-1 U is the sum over blocks of the elementwise product of P^-1 and W W', W the rows of U.
std::unique_ptr<NewtonSystem> make_radial_system(const MatrixLoss& loss, const WorkingGram* gram, bool dual);
/// Penalties of entries: one Cholesky a task, of the Hessian's diagonal block.
std::unique_ptr<NewtonSystem> make_entry_system(const MatrixLoss& loss, const WorkingGram* gram);

/// Row weights of the Hessian's diagonal blocks: (n, 1) for all tasks, (n, T) for the softmax.
Matrix block_weights(const SupportModel& model, const MatrixLoss& loss);
/// The matrix X_S' diag(h) X_S of the rows S[keep] of a dense model; lower triangle. h: row weights.
void support_gram(const SupportModel& model, const std::vector<Index>& keep, const Vector& h, Matrix& gram,
                  Monitor& monitor);

}  // namespace pauca::bcd
