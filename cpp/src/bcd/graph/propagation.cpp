#include "pauca/bcd/graph/propagation.hpp"

#include <algorithm>
#include <numeric>

#include "pauca/core/errors.hpp"
#include "pauca/core/order.hpp"

namespace pauca::bcd::graph {

namespace {

class Propagation {
 public:
  Propagation(const SparseSymmetric& q, const Matrix& c, Matrix& x) : q_(q), c_(c), x_(x), r_(c) { residual(); }

  /// r = C - Q X
  void residual() {
    multiply(x_, r_);
    r_ = c_ - r_;
  }
  double violation() const { return r_.size() ? r_.cwiseAbs().maxCoeff() : 0.0; }
  /// tr(X'QX) / 2 - tr(C'X)
  double objective() const { return -0.5 * (x_.array() * (r_ + c_).array()).sum(); }

  void multiply(const Matrix& v, Matrix& out) const {
    out.resize(v.rows(), v.cols());
    for (Index k = 0; k < v.cols(); ++k) {
      const double* from = v.col(k).data();
      double* to = out.col(k).data();
      for (Index i = 0; i < q_.size(); ++i) {
        double total = q_.diagonal[i] * from[i];
        for (Index e = q_.begin[i]; e < q_.begin[i + 1]; ++e) total += q_.weight[e] * from[q_.neighbour[e]];
        to[i] = total;
      }
    }
  }

  /// Solves one block exactly for the residual `r` and moves `x` there; `r` follows.
  void update(const ForestFactor& factor, Matrix& r, Matrix& x) {
    const Block& nodes = factor.nodes();
    step_.resize(static_cast<Index>(nodes.size()));
    for (Index k = 0; k < r.cols(); ++k) {
      double* to = r.col(k).data();
      double* at = x.col(k).data();
      for (std::size_t a = 0; a < nodes.size(); ++a) step_[a] = to[nodes[a]];
      factor.solve(step_.data());
      for (std::size_t a = 0; a < nodes.size(); ++a) {
        const Index i = nodes[a];
        const double d = step_[a];
        at[i] += d;
        to[i] -= q_.diagonal[i] * d;
        for (Index e = q_.begin[i]; e < q_.begin[i + 1]; ++e) to[q_.neighbour[e]] -= q_.weight[e] * d;
      }
    }
  }
  void update(const ForestFactor& factor) { update(factor, r_, x_); }

  Block greedy() const {
    const Vector score = r_.rowwise().squaredNorm();
    Block order(q_.size());
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return ranks_before(score[a], a, score[b], b); });
    return greedy_forest(q_, order);
  }

  Matrix& r() { return r_; }
  Matrix& x() { return x_; }

 private:
  const SparseSymmetric& q_;
  const Matrix& c_;
  Matrix& x_;
  Matrix r_;
  std::vector<double> step_;
};

/// Conjugate gradients on every column at once, each with its own steps.
class Conjugate {
 public:
  Conjugate(Propagation& p, const std::vector<ForestFactor>& blocks) : p_(p), blocks_(blocks) {}

  void iterate() {
    Matrix& r = p_.r();
    precondition(r, z_);
    const Vector now = (r.array() * z_.array()).colwise().sum();
    if (!direction_.size()) {
      direction_ = z_;
    } else {
      const Vector beta =
          (last_.array() > 0.0).select((now.array() / last_.array()).matrix(), Vector::Zero(now.size()));
      direction_ = z_ + direction_ * beta.asDiagonal();
    }
    last_ = now;
    p_.multiply(direction_, product_);
    const Vector bend = (direction_.array() * product_.array()).colwise().sum();
    const Vector step = (bend.array() > 0.0).select((now.array() / bend.array()).matrix(), Vector::Zero(now.size()));
    p_.x() += direction_ * step.asDiagonal();
    r -= product_ * step.asDiagonal();
  }

 private:
  /// One sweep of block Gauss-Seidel forwards and one backwards from zero: symmetric and positive definite.
  void precondition(const Matrix& r, Matrix& z) {
    left_ = r;
    z.setZero(r.rows(), r.cols());
    for (const ForestFactor& b : blocks_) p_.update(b, left_, z);
    for (std::size_t k = blocks_.size() - 1; k-- > 0;) p_.update(blocks_[k], left_, z);
  }

  Propagation& p_;
  const std::vector<ForestFactor>& blocks_;
  Matrix z_, direction_, product_, left_;
  Vector last_;
};

}  // namespace

Report propagate(const SparseSymmetric& q, const Matrix& c, const std::string& method, const Settings& settings,
                 Matrix& x, Monitor& monitor) {
  require(c.rows() == q.size() && x.rows() == q.size() && x.cols() == c.cols(), "propagate: shapes do not match");
  monitor.start(settings.max_time);
  std::vector<Block> partition;
  if (method == "tree" || method == "tree-cg")
    partition = forests(q);
  else if (method == "red-black" || method == "red-black-cg")
    partition = colouring(q);
  else
    require(method == "greedy-forest", "solver: no propagation method is called '" + method + "'");
  std::vector<Index> place(q.size(), -1);
  std::vector<ForestFactor> blocks;
  for (const Block& b : partition) blocks.emplace_back(q, b, place);
  Propagation p(q, c, x);
  Conjugate conjugate(p, blocks);
  const bool gradients = method == "tree-cg" || method == "red-black-cg";
  Report report;
  report.engine = method;
  report.threshold = settings.tol * (c.size() ? c.cwiseAbs().maxCoeff() : 0.0);
  for (;; ++report.n_iter) {
    if (report.n_iter % 50 == 0 && report.n_iter > 0 && !gradients) p.residual();
    report.criterion = p.violation();
    if (report.criterion <= report.threshold) {
      p.residual();  // what stops is computed afresh
      report.criterion = p.violation();
    }
    report.objective = p.objective();
    report.objective_path.push_back(report.objective);
    if (report.criterion <= report.threshold) {
      report.status = Status::converged;
      break;
    }
    if (report.n_iter >= settings.max_iter) break;
    if (!monitor.next_iteration({report.n_iter, report.objective, report.criterion, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
    if (gradients) {
      conjugate.iterate();
    } else if (method == "greedy-forest") {
      p.update(ForestFactor(q, p.greedy(), place));
    } else {
      for (const ForestFactor& b : blocks)
        if (monitor.keep_going()) p.update(b);
    }
  }
  report.kkt_violation = report.criterion;
  report.seconds = monitor.seconds();
  return report;
}

}  // namespace pauca::bcd::graph
