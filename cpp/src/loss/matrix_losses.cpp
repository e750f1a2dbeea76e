#include "pauca/loss/matrix_loss.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>

namespace pauca {
namespace {

class MultitaskLoss final : public MatrixLoss {
 public:
  MultitaskLoss(Matrix y, Vector weights) : MatrixLoss(std::move(weights), y.cols()), y_(std::move(y)) {}

  bool is_quadratic() const override { return true; }
  double value(const Matrix& eta) const override {
    return 0.5 * (weights_.transpose() * (eta - y_).array().square().matrix()).sum();
  }
  void gradient(const Matrix& eta, Matrix& u) const override { u = weights_.asDiagonal() * (eta - y_); }
  void curvature(const Matrix&, Vector& h) const override { h = weights_; }
  void prepare_hessian(const Matrix&, Matrix& state) const override { state = weights_; }
  void apply_hessian(const Matrix&, Matrix& z) const override { z.array().colwise() *= weights_.array(); }
  bool has_conjugate() const override { return true; }
  double conjugate(const Matrix& v) const override { return v.cwiseProduct(y_).sum() + 0.5 * scaled_square(v); }
  double dual_scale(const Matrix& u, const Matrix* offset, double limit) const override {
    const double square = scaled_square(u);
    if (square == 0.0) return 1.0;
    const double linear = (offset ? u.cwiseProduct(*offset).sum() : 0.0) - u.cwiseProduct(y_).sum();
    return std::max(-limit, std::min(limit, linear / square));
  }
  void center(Matrix& eta, Matrix& u, Vector& intercept) const override {
    gradient(eta, u);
    const Vector shift = -u.colwise().sum().transpose() / weights_.sum();
    eta.rowwise() += shift.transpose();
    intercept += shift;
    gradient(eta, u);
  }

 private:
  double scaled_square(const Matrix& v) const {
    double total = 0.0;
    for (Index i = 0; i < v.rows(); ++i)
      if (weights_[i] > 0.0) total += v.row(i).squaredNorm() / weights_[i];
    return total;
  }
  Matrix y_;
};

class MultinomialLoss final : public MatrixLoss {
 public:
  MultinomialLoss(std::vector<Index> y, Index classes, Vector weights)
      : MatrixLoss(std::move(weights), classes), y_(std::move(y)) {}

  bool is_quadratic() const override { return false; }
  bool is_softmax() const override { return true; }

  double value(const Matrix& eta) const override { return pass(eta, nullptr); }
  void gradient(const Matrix& eta, Matrix& u) const override { value_and_gradient(eta, u); }
  double value_and_gradient(const Matrix& eta, Matrix& u) const override {
    const double total = pass(eta, &u);
    for (Index i = 0; i < eta.rows(); ++i) u(i, y_[static_cast<std::size_t>(i)]) -= 1.0;
    u.array().colwise() *= weights_.array();
    return total;
  }
  void curvature(const Matrix&, Vector& h) const override { h = weights_; }
  void prepare_hessian(const Matrix& eta, Matrix& state) const override { pass(eta, &state); }
  void apply_hessian(const Matrix& p, Matrix& z) const override {
    Vector inner = p.col(0).cwiseProduct(z.col(0));
    for (Index k = 1; k < tasks_; ++k) inner += p.col(k).cwiseProduct(z.col(k));
    for (Index k = 0; k < tasks_; ++k)
      z.col(k).array() = weights_.array() * p.col(k).array() * (z.col(k) - inner).array();
  }
  bool has_conjugate() const override { return true; }
  /// sum_i s_i sum_k q_k log q_k with q = v_i / s_i + onehot(y_i) on the simplex
  double conjugate(const Matrix& v) const override {
    double total = 0.0;
    Eigen::ArrayXd q;
    const Eigen::ArrayXd inverse = (weights_.array() > 0.0).select(weights_.array().inverse(), 0.0);
    auto entropy = [](double x) { return x > 0.0 ? x * std::log(x) : 0.0; };
    for (Index k = 0; k < tasks_; ++k) {  // v of a label is not positive: it counts below
      q = v.col(k).array() * inverse;
      total += (weights_.array() * (q > 0.0).select(q * q.max(1e-300).log(), 0.0)).sum();
    }
    for (Index i = 0; i < v.rows(); ++i) {
      const double own = v(i, y_[static_cast<std::size_t>(i)]) * inverse[i];
      total += weights_[i] * (entropy(own + 1.0) - entropy(own));
    }
    return total;
  }
  void center(Matrix& eta, Matrix& u, Vector& intercept) const override {
    start_at_shares(eta, intercept);
    double before = value_and_gradient(eta, u), last = std::numeric_limits<double>::infinity();
    const double total = weights_.sum();
    Matrix weighted, shares, start;
    for (int iteration = 0; iteration < 50; ++iteration) {
      const Vector slope = u.colwise().sum().transpose();
      const double worst = slope.cwiseAbs().maxCoeff();
      // Newton steps square a small slope: one that no longer halves is rounding.
      if (worst <= 1e-15 * total || (worst <= 1e-10 * total && worst > 0.5 * last)) break;
      last = worst;
      // Newton in the class constants, from s p = u + s onehot(y) and p; adding 11' fixes the direction that changes
      // nothing.
      weighted = u;
      for (Index i = 0; i < eta.rows(); ++i) weighted(i, y_[static_cast<std::size_t>(i)]) += weights_[i];
      shares = weights_.cwiseMax(1e-300).cwiseInverse().asDiagonal() * weighted;
      Matrix hessian = -shares.transpose() * weighted;
      hessian.diagonal() += weighted.colwise().sum().transpose();
      hessian.array() += total / static_cast<double>(tasks_);
      hessian.diagonal().array() += 1e-12 * total;
      Vector step = -hessian.llt().solve(slope);
      step.array() -= step.mean();
      const double largest = step.cwiseAbs().maxCoeff();
      if (!(largest > 1e-16)) break;
      double t = std::min(1.0, 4.0 / largest);
      start = eta;
      bool lower = false;
      for (int trial = 0; trial < 30 && !lower; ++trial) {
        if (trial > 0) t *= 0.5;
        eta = start.rowwise() + (t * step).transpose();
        const double now = value_and_gradient(eta, u);
        lower = largest < 1e-6 || now <= before + 1e-14 * std::abs(before);
        if (lower) before = now;
      }
      if (!lower) {  // rounding is all that is left of the loss: back to where it was lowest
        eta = start;
        value_and_gradient(eta, u);
        break;
      }
      intercept += t * step;
    }
  }

 private:
  /// Where all rows are the same, the constants that reproduce the labels' shares.
  void start_at_shares(Matrix& eta, Vector& intercept) const {
    for (Index i = 1; i < eta.rows(); ++i)
      if (eta.row(i) != eta.row(0)) return;
    Vector shares = Vector::Zero(tasks_);
    for (Index i = 0; i < eta.rows(); ++i) shares[y_[static_cast<std::size_t>(i)]] += weights_[i];
    if (!(shares.minCoeff() > 0.0)) return;
    Vector shift = shares.array().log().matrix() - eta.row(0).transpose();
    shift.array() -= shift.mean();
    eta.rowwise() += shift.transpose();
    intercept += shift;
  }
  /// f; p becomes the probabilities. Rows in blocks that stay in the first-level cache.
  double pass(const Matrix& eta, Matrix* p) const {
    constexpr Index most = 128;
    using Block = Eigen::Array<double, Eigen::Dynamic, 1, 0, most, 1>;
    if (p) p->resize(eta.rows(), tasks_);
    double total = 0.0;
    Block top, sum, odds;
    for (Index start = 0; start < eta.rows(); start += most) {
      const Index count = std::min(most, eta.rows() - start);
      top = eta.col(0).segment(start, count);
      for (Index k = 1; k < tasks_; ++k) top = top.max(eta.col(k).segment(start, count).array());
      sum.setZero(count);
      for (Index k = 0; k < tasks_; ++k) {
        odds = (eta.col(k).segment(start, count).array() - top).exp();
        sum += odds;
        if (p) p->col(k).segment(start, count) = odds;
      }
      top += sum.log();
      for (Index i = 0; i < count; ++i)
        total += weights_[start + i] * (top[i] - eta(start + i, y_[static_cast<std::size_t>(start + i)]));
      if (!p) continue;
      sum = sum.inverse();
      for (Index k = 0; k < tasks_; ++k) p->col(k).segment(start, count).array() *= sum;
    }
    return total;
  }
  std::vector<Index> y_;
};

constexpr double straight = 1e-3;  // share of the touching curvature in Hessians, which are zero on straight pieces

class SingleLoss final : public MatrixLoss {
 public:
  explicit SingleLoss(std::unique_ptr<Loss> loss) : MatrixLoss(loss->weights(), 1), loss_(std::move(loss)) {}

  bool is_quadratic() const override { return loss_->is_quadratic(); }
  double value(const Matrix& eta) const override { return loss_->value(eta.col(0)); }
  void gradient(const Matrix& eta, Matrix& u) const override {
    Vector out(eta.rows());
    loss_->gradient(eta.col(0), out);
    u = out;
  }
  void curvature(const Matrix& eta, Vector& h) const override {
    if (!loss_->touching_curvature(eta.col(0), h)) loss_->curvature(eta.col(0), h);
  }
  void prepare_hessian(const Matrix& eta, Matrix& state) const override {
    Vector h(eta.rows()), touching;
    loss_->curvature(eta.col(0), h);
    if (loss_->touching_curvature(eta.col(0), touching)) h = h.cwiseMax(straight * touching);
    state = h;
  }
  void apply_hessian(const Matrix& state, Matrix& z) const override { z.array() *= state.array(); }
  bool has_conjugate() const override { return loss_->has_conjugate(); }
  double conjugate(const Matrix& v) const override { return loss_->conjugate(v.col(0)); }
  double dual_scale(const Matrix& u, const Matrix* offset, double limit) const override {
    if (!offset) return loss_->dual_scale(u.col(0), nullptr, limit);
    const Vector column = offset->col(0);
    return loss_->dual_scale(u.col(0), &column, limit);
  }
  void center(Matrix& eta, Matrix& u, Vector& intercept) const override {
    Vector column = eta.col(0), out(eta.rows());
    intercept[0] += loss_->center(column, out);
    eta = column;
    u = out;
  }

 private:
  std::unique_ptr<Loss> loss_;
};

}  // namespace

std::unique_ptr<MatrixLoss> make_multitask_loss(Matrix y, Vector weights) {
  return std::make_unique<MultitaskLoss>(std::move(y), std::move(weights));
}
std::unique_ptr<MatrixLoss> make_multinomial_loss(std::vector<Index> y, Index classes, Vector weights) {
  return std::make_unique<MultinomialLoss>(std::move(y), classes, std::move(weights));
}
std::unique_ptr<MatrixLoss> make_single_loss(std::unique_ptr<Loss> loss) {
  return std::make_unique<SingleLoss>(std::move(loss));
}

}  // namespace pauca
