#include <cmath>
#include <numeric>

#include "pauca/bcd/newton_system.hpp"
#include "pauca/core/cholesky.hpp"

namespace pauca::bcd {
namespace {

constexpr Index slice = 256;  // columns between two looks at the monitor

class RadialSystem final : public FixedSystem {
 public:
  RadialSystem(const MatrixLoss& loss, const WorkingGram* gram, bool dual) : loss_(loss), gram_(gram), dual_(dual) {}

  bool factor(const SupportModel& model, Monitor& monitor) override {
    remember(model);
    const Matrix h = block_weights(model, loss_);
    flat_ = model.diagonal.col(0);
    unit_ = model.unit;
    bend_ = (-model.along).cwiseMax(0.0).cwiseSqrt();
    if (!(dual_ ? factor_dual(model, h.rowwise().mean(), monitor) : factor_primal(model, h, monitor))) return false;
    correct_ = (bend_.array() > 0.0).any();
    if (correct_) {
      form_correction(model, monitor);
      correct_ = cholesky_in_place(correction_, monitor);
      // Without the correction this is still a good preconditioner of several tasks.
      if (!correct_ && (model.tasks() == 1 || monitor.stop_requested())) return false;
    }
    if (model.constant) constants_ = h.sum() / static_cast<double>(h.cols());
    return true;
  }

  void solve(const SupportModel& model, const Matrix& r, Matrix& z) const override {
    const Index m = model.rows();
    z.resize(r.rows(), r.cols());
    if (model.constant) z.row(m) = r.row(m) / std::max(constants_, 1e-12);
    Matrix y = r.topRows(m), shift;
    base_solve(model, y);
    if (correct_) {
      Vector q(bend_.size());
      for (std::size_t b = 0; b < model.blocks.size(); ++b)
        q[b] = bend_[b] * unit_.middleRows(model.begin(b), model.count(b))
                              .cwiseProduct(y.middleRows(model.begin(b), model.count(b)))
                              .sum();
      correction_.triangularView<Eigen::Lower>().solveInPlace(q);
      correction_.triangularView<Eigen::Lower>().transpose().solveInPlace(q);
      shift.resize(m, r.cols());
      for (std::size_t b = 0; b < model.blocks.size(); ++b)
        shift.middleRows(model.begin(b), model.count(b)) =
            (bend_[b] * q[b]) * unit_.middleRows(model.begin(b), model.count(b));
      base_solve(model, shift);
      y += shift;
    }
    z.topRows(m) = y;
  }

 private:
  /// P = X'hX + F = L L'
  bool factor_primal(const SupportModel& model, const Matrix& h, Monitor& monitor) {
    const Index m = model.rows();
    if (gram_ && !loss_.is_softmax()) {
      factor_.resize(m, m);
      for (Index i = 0; i < m; ++i)
        for (Index k = i; k < m; ++k)
          factor_(k, i) = (*gram_)(gram_->position(model.columns[k]), gram_->position(model.columns[i]));
    } else {
      std::vector<Index> all(static_cast<std::size_t>(m));
      std::iota(all.begin(), all.end(), Index{0});
      support_gram(model, all, h.rowwise().mean(), factor_, monitor);
    }
    factor_.diagonal() *= 1.0 + 1e-13;
    factor_.diagonal() += flat_;
    return cholesky_in_place(factor_, monitor);
  }

  /// I + A A' = L L' with A = sqrt(h) X F^-1/2
  bool factor_dual(const SupportModel& model, const Vector& h, Monitor& monitor) {
    const Matrix& x = *model.panel.dense();
    const Vector root = h.cwiseMax(0.0).cwiseSqrt(), scale = flat_.cwiseSqrt().cwiseInverse();
    root_ = root;
    factor_.setIdentity(x.rows(), x.rows());
    Matrix part;
    for (Index first = 0; first < x.cols() && monitor.keep_going(); first += slice) {
      const Index count = std::min(slice, x.cols() - first);
      part = root.asDiagonal() * x.middleCols(first, count) * scale.segment(first, count).asDiagonal();
      factor_.selfadjointView<Eigen::Lower>().rankUpdate(part);
    }
    return !monitor.stop_requested() && cholesky_in_place(factor_, monitor);
  }

  /// S = I - c U' P^-1 U c
  void form_correction(const SupportModel& model, Monitor& monitor) {
    const Index m = model.rows();
    const std::size_t blocks = model.blocks.size();
    if (dual_ && model.tasks() == 1) {
      // U' P^-1 U = U' F^-1 U - B' B with B = L^-1 sqrt(h) X F^-1 U
      const Matrix& x = *model.panel.dense();
      Matrix radial(x.rows(), static_cast<Index>(blocks));
      correction_.setIdentity(radial.cols(), radial.cols());
      for (std::size_t b = 0; b < blocks; ++b) {
        const Index first = model.begin(b), count = model.count(b);
        const Vector scaled =
            bend_[b] * model.unit.col(0).segment(first, count).cwiseQuotient(flat_.segment(first, count));
        radial.col(b).noalias() = x.middleCols(first, count) * scaled;
        correction_(b, b) -= bend_[b] * model.unit.col(0).segment(first, count).dot(scaled);
      }
      radial = root_.asDiagonal() * radial;
      for (Index first = 0; first < radial.cols() && monitor.keep_going(); first += slice) {
        auto part = radial.middleCols(first, std::min(slice, radial.cols() - first));
        factor_.triangularView<Eigen::Lower>().solveInPlace(part);
      }
      correction_.selfadjointView<Eigen::Lower>().rankUpdate(radial.transpose());
      return;
    }
    Matrix inverse;  // of P, lower triangle
    if (dual_) {
      // P^-1 = F^-1 - V'V with V = L^-1 sqrt(h) X F^-1
      const Matrix& x = *model.panel.dense();
      Matrix v = root_.asDiagonal() * x * flat_.cwiseInverse().asDiagonal();
      for (Index first = 0; first < m && monitor.keep_going(); first += slice) {
        auto part = v.middleCols(first, std::min(slice, m - first));
        factor_.triangularView<Eigen::Lower>().solveInPlace(part);
      }
      inverse = Matrix(flat_.cwiseInverse().asDiagonal());
      for (Index first = 0; first < v.rows() && monitor.keep_going(); first += slice)
        inverse.selfadjointView<Eigen::Lower>().rankUpdate(
            v.middleRows(first, std::min(slice, v.rows() - first)).transpose(), -1.0);
    } else {
      Matrix root = Matrix::Identity(m, m);  // L^-1, a slice of columns at a time: zero above the slice
      for (Index first = 0; first < m && monitor.keep_going(); first += slice) {
        auto part = root.block(first, first, m - first, std::min(slice, m - first));
        factor_.bottomRightCorner(m - first, m - first).triangularView<Eigen::Lower>().solveInPlace(part);
      }
      inverse.setZero(m, m);
      for (Index first = 0; first < m && monitor.keep_going(); first += slice) {
        const Index len = std::min(slice, m - first);
        inverse.topLeftCorner(first + len, first + len)
            .selfadjointView<Eigen::Lower>()
            .rankUpdate(root.block(first, 0, len, first + len).transpose());
      }
    }
    Matrix inner = Matrix::Zero(m, m);
    inner.selfadjointView<Eigen::Lower>().rankUpdate(model.unit);
    if (static_cast<Index>(blocks) == m) {
      correction_.noalias() = -(bend_.asDiagonal() * inverse.cwiseProduct(inner) * bend_.asDiagonal());
      correction_.diagonal().array() += 1.0;
      return;
    }
    inverse.triangularView<Eigen::StrictlyUpper>() = inverse.transpose();
    inner.triangularView<Eigen::StrictlyUpper>() = inner.transpose();
    correction_.setIdentity(static_cast<Index>(blocks), static_cast<Index>(blocks));
    for (std::size_t a = 0; a < blocks; ++a)
      for (std::size_t b = 0; b <= a; ++b)
        correction_(a, b) -=
            bend_[a] * bend_[b] *
            inverse.block(model.begin(a), model.begin(b), model.count(a), model.count(b))
                .cwiseProduct(inner.block(model.begin(a), model.begin(b), model.count(a), model.count(b)))
                .sum();
  }

  /// y <- P^-1 y
  void base_solve(const SupportModel& model, Matrix& y) const {
    const auto lower = factor_.triangularView<Eigen::Lower>();
    if (!dual_) {
      lower.solveInPlace(y);
      lower.transpose().solveInPlace(y);
      return;
    }
    const Matrix& x = *model.panel.dense();
    y = flat_.cwiseInverse().asDiagonal() * y;
    Matrix rows = x * y;
    rows = root_.asDiagonal() * rows;
    lower.solveInPlace(rows);
    lower.transpose().solveInPlace(rows);
    rows = root_.asDiagonal() * rows;
    Matrix back = x.transpose() * rows;
    y -= flat_.cwiseInverse().asDiagonal() * back;
  }

  const MatrixLoss& loss_;
  const WorkingGram* gram_;
  bool dual_, correct_ = false;
  Matrix factor_, correction_;
  Matrix unit_;
  Vector flat_, bend_, root_;
  double constants_ = 0.0;
};

}  // namespace

std::unique_ptr<NewtonSystem> make_radial_system(const MatrixLoss& loss, const WorkingGram* gram, bool dual) {
  return std::make_unique<RadialSystem>(loss, gram, dual);
}

}  // namespace pauca::bcd
