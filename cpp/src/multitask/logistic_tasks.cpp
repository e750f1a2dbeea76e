#include "pauca/multitask/logistic_tasks.hpp"

#include <Eigen/Cholesky>
#include <cmath>

#include "pauca/core/cholesky.hpp"
#include "pauca/core/thin_qr.hpp"
#include "pauca/multitask/rounds.hpp"

namespace pauca::multitask {
namespace {

double log1p_exp(double t) { return t > 0.0 ? t + std::log1p(std::exp(-t)) : std::log1p(std::exp(t)); }
double sigmoid(double t) { return t >= 0.0 ? 1.0 / (1.0 + std::exp(-t)) : std::exp(t) / (1.0 + std::exp(t)); }

double deviance(const Vector& eta, ConstVectorRef y, ConstVectorRef s) {
  double total = 0.0;
  for (Index i = 0; i < eta.size(); ++i) total += s[i] * (log1p_exp(eta[i]) - y[i] * eta[i]);
  return total;
}

/// u = s (y - p) and h = s p (1 - p)
void derivatives(const Vector& eta, ConstVectorRef y, ConstVectorRef s, Vector& u, Vector& h) {
  u.resize(eta.size());
  h.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) {
    const double p = sigmoid(eta[i]);
    u[i] = s[i] * (y[i] - p);
    h[i] = s[i] * p * (1.0 - p);
  }
}

/// The basis step of one round.
class BasisStep {
 public:
  BasisStep(const LogisticTasks& data, SharedFactors& f, Monitor& monitor)
      : data_(data), f_(f), monitor_(monitor), eta_(data.tasks()), u_(data.tasks()), h_(data.tasks()) {
    // Preconditioner: the pooled second moments, formed once.
    const Index d = data.x.cols();
    pooled_ = Matrix::Zero(d, d);
    for (Index i = 0; i < data.x.rows() && monitor.keep_going(); i += 256) {
      const Index len = std::min<Index>(256, data.x.rows() - i);
      const Matrix block = data.weight.segment(i, len).cwiseSqrt().asDiagonal() * data.x.middleRows(i, len);
      pooled_.selfadjointView<Eigen::Lower>().rankUpdate(block.transpose());
    }
    pooled_ /= std::max(data.weight.sum(), 1e-300);
    pooled_.diagonal().array() += 1e-8 * pooled_.trace() / static_cast<double>(d) + 1e-300 +
                                  data.ridge.sum() / std::max(data.weight.sum(), 1e-300);
    pooled_ok_ = cholesky_in_place(pooled_, monitor);
  }

  /// Predictors, and their derivatives, at the present factors.
  void linearise(const Vector& intercepts) {
    for (Index m = 0; m < data_.tasks(); ++m) {
      eta_[m] = (data_.rows(m) * (f_.basis * f_.heads.col(m))).array() + intercepts[m];
      derivatives(eta_[m], data_.targets(m), data_.weights(m), u_[m], h_[m]);
    }
  }

  /// Moves B by a step that lowers the objective, which it returns; B stays where none does.
  double take(double objective) {
    const Matrix step = solve(0.1, 20);
    std::vector<Vector> change(data_.tasks());
    for (Index m = 0; m < data_.tasks(); ++m) change[m] = data_.rows(m) * (step * f_.heads.col(m));
    for (double t = 1.0; t > 1e-6 && monitor_.keep_going(); t *= 0.5) {
      double next = 0.0;
      for (Index m = 0; m < data_.tasks(); ++m) {
        next += deviance(eta_[m] + t * change[m], data_.targets(m), data_.weights(m)) +
                0.5 * data_.ridge[m] * ((f_.basis + t * step) * f_.heads.col(m)).squaredNorm();
      }
      if (next < objective) {
        f_.basis += t * step;
        const Matrix before = f_.basis;
        f_.basis = orthonormal_basis(before);
        f_.heads = (f_.basis.transpose() * before) * f_.heads;  // B w_m unchanged
        return next;
      }
    }
    return objective;
  }

 private:
  Matrix solve(double accuracy, int limit) {
    const Index d = f_.basis.rows(), k = f_.basis.cols();
    Matrix residual = Matrix::Zero(d, k), small = Matrix::Zero(k, k), z, direction, h(d, k), step = Matrix::Zero(d, k);
    for (Index m = 0; m < data_.tasks(); ++m) {
      const auto w = f_.heads.col(m);
      residual += (data_.rows(m).transpose() * u_[m] - data_.ridge[m] * (f_.basis * w)) * w.transpose();
      small += (h_[m].sum() + 1e-8 * data_.weights(m).sum()) * w * w.transpose();
    }
    small.diagonal().array() += 1e-10 * small.trace() / static_cast<double>(k) + 1e-300;
    const Eigen::LLT<Matrix> weight(small);
    auto precondition = [&](const Matrix& r) {
      Matrix out = r;
      if (pooled_ok_) {
        pooled_.triangularView<Eigen::Lower>().solveInPlace(out);
        pooled_.transpose().triangularView<Eigen::Upper>().solveInPlace(out);
      }
      return Matrix(weight.solve(out.transpose()).transpose());
    };
    z = precondition(residual);
    direction = z;
    double rz = residual.cwiseProduct(z).sum();
    const double goal = accuracy * accuracy * rz;
    for (int i = 0; i < limit && rz > goal && rz > 0.0 && monitor_.keep_going(); ++i) {
      apply(direction, h);
      const double curvature = direction.cwiseProduct(h).sum();
      if (!(curvature > 0.0)) break;
      step += rz / curvature * direction;
      residual -= rz / curvature * h;
      z = precondition(residual);
      const double next = residual.cwiseProduct(z).sum();
      direction = z + (next / rz) * direction;
      rz = next;
    }
    return step;
  }

  /// H(D) = sum_m [X_m' (h - h h'/sum h) X_m D w_m + r_m D w_m] w_m', the second part of the weight for the intercept.
  void apply(const Matrix& direction, Matrix& out) {
    out.setZero();
    for (Index m = 0; m < data_.tasks() && monitor_.keep_going(); ++m) {
      const auto w = f_.heads.col(m);
      const Vector moved = direction * w;
      Vector v = data_.rows(m) * moved;
      const double total = h_[m].sum();
      if (data_.fit_intercept && total > 0.0) v.array() -= h_[m].dot(v) / total;
      v.array() *= h_[m].array();
      out += (data_.rows(m).transpose() * v + data_.ridge[m] * moved) * w.transpose();
    }
  }

  const LogisticTasks& data_;
  SharedFactors& f_;
  Monitor& monitor_;
  std::vector<Vector> eta_, u_, h_;
  Matrix pooled_;
  bool pooled_ok_ = false;
};

}  // namespace

double logistic_head(ConstMatrixRef z, ConstVectorRef y, ConstVectorRef weight, double ridge, bool fit_intercept,
                     VectorRef w, double& c) {
  const Index k = z.cols(), size = k + (fit_intercept ? 1 : 0);
  Matrix hessian(size, size);
  Vector slope(size), step(size), eta = (z * w).array() + c, u, h, next_eta;
  double objective = deviance(eta, y, weight) + 0.5 * ridge * w.squaredNorm();
  for (int i = 0; i < 50; ++i) {
    derivatives(eta, y, weight, u, h);
    const Matrix scaled = h.asDiagonal() * z;
    hessian.topLeftCorner(k, k) = z.transpose() * scaled;
    hessian.topLeftCorner(k, k).diagonal().array() += ridge;
    slope.head(k) = z.transpose() * u - ridge * w;
    if (fit_intercept) {
      hessian.col(k).head(k) = scaled.colwise().sum().transpose();
      hessian.row(k).head(k) = hessian.col(k).head(k).transpose();
      hessian(k, k) = h.sum();
      slope[k] = u.sum();
    }
    solve_semidefinite(hessian, slope, step);
    const double decrement = slope.dot(step);
    if (!(decrement > 1e-14 * (1.0 + std::abs(objective)))) break;
    bool moved = false;
    for (double t = 1.0; t > 1e-8; t *= 0.5) {
      const Vector trial = w + t * step.head(k);
      const double shift = fit_intercept ? t * step[k] : 0.0;
      next_eta = (z * trial).array() + (c + shift);
      const double next = deviance(next_eta, y, weight) + 0.5 * ridge * trial.squaredNorm();
      if (next < objective) {
        w = trial;
        c += shift;
        eta = next_eta;
        moved = objective - next > 1e-15 * (1.0 + std::abs(objective));
        objective = next;
        break;
      }
    }
    if (!moved) break;
  }
  return objective;
}

Report logistic_alternating(const LogisticTasks& data, SharedFactors& factors, Vector& intercepts,
                            const Settings& settings, Monitor& monitor) {
  factors.heads.setZero(factors.basis.cols(), data.tasks());
  intercepts.setZero(data.tasks());
  auto heads = [&] {
    double total = 0.0;
    for (Index m = 0; m < data.tasks() && monitor.keep_going(); ++m) {
      const Matrix z = data.rows(m) * factors.basis;
      Vector w = factors.heads.col(m);
      total += logistic_head(z, data.targets(m), data.weights(m), data.ridge[m], data.fit_intercept, w, intercepts[m]);
      factors.heads.col(m) = w;
    }
    return total;
  };
  BasisStep step(data, factors, monitor);
  Rounds rounds("alternating reweighted least squares", std::max(std::log(2.0) * data.weight.sum(), 1e-300), settings,
                monitor);
  double objective = heads();
  while (rounds.next(objective)) {
    step.linearise(intercepts);
    if (!(step.take(objective) < objective)) {
      rounds.abandon();
      break;
    }
    const double after = heads();
    if (monitor.stop_requested()) {
      rounds.abandon();
      break;
    }
    objective = std::min(after, objective);
  }
  return rounds.report;
}

}  // namespace pauca::multitask
