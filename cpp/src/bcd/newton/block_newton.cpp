#include "pauca/bcd/block_newton.hpp"

namespace pauca::bcd {
namespace {

constexpr int most_steps = 100;  // of conjugate gradients
constexpr int few_steps = 30;    // with an old factorisation
constexpr double leap = 100.0;   // a step so much larger than the coefficients is looked at
constexpr double blind = 1e9;    // its reach over what it does to the predictor where it is rounding

}  // namespace

void BlockNewton::build(const BlockState& s, const std::vector<Index>& support, Monitor& monitor) {
  const BlockProblem& p = objective_.problem();
  SupportModel& m = model_;
  m.blocks = support;
  m.columns.clear();
  m.starts.assign(1, 0);
  for (Index block : support) {
    m.columns.insert(m.columns.end(), p.blocks[block].begin(), p.blocks[block].end());
    m.starts.push_back(static_cast<Index>(m.columns.size()));
  }
  gather_rows(s.b, m.columns, m.w);
  const Index rows = m.rows(), tasks = m.tasks();
  m.free.resize(rows, tasks);
  m.diagonal.resize(rows, tasks);
  m.unit.resize(rows, tasks);
  m.along.resize(static_cast<Index>(support.size()));
  Matrix out;
  for (std::size_t a = 0; a < support.size(); ++a) {
    const Matrix own = m.w.middleRows(m.begin(a), m.count(a));
    out.resize(own.rows(), tasks);
    m.along[static_cast<Index>(a)] = p.penalty.curvature(support[a], own.data(), out.data(), own.size());
    m.diagonal.middleRows(m.begin(a), m.count(a)) = out;
    const double norm = own.norm();
    m.unit.middleRows(m.begin(a), m.count(a)) = norm > 0.0 ? Matrix(own / norm) : Matrix(0.0 * own);
  }
  m.free = m.w.unaryExpr([&](double w) { return p.penalty.smooth(w) ? 1.0 : 0.0; });
  m.diagonal = m.diagonal.cwiseProduct(m.free);
  m.unit = m.unit.cwiseProduct(m.free);
  p.loss.prepare_hessian(s.eta, m.hessian);
  // Columns less their means under the curvature make one task's intercept drop out; the softmax keeps its own.
  m.constant = p.fit_intercept && p.loss.is_softmax();
  Vector means = Vector::Zero(rows);
  if (p.fit_intercept) {
    const Vector h = p.loss.is_softmax() ? p.loss.weights() : Vector(m.hessian.col(0));
    for (Index i = 0; i < rows; ++i)
      means[i] = p.design.dot(m.columns[static_cast<std::size_t>(i)], h.data()) / h.sum();
  }
  m.means = means;
  m.panel.gather(m.columns, means, monitor);
}

/// Minus the gradient of F in the free entries.
void BlockNewton::residual(const BlockState& s, Matrix& r) const {
  const SupportModel& m = model_;
  Matrix slope(m.rows(), m.tasks()), out;
  for (std::size_t a = 0; a < m.blocks.size(); ++a) {
    const Matrix own = m.w.middleRows(m.begin(a), m.count(a));
    out.resize(own.rows(), own.cols());
    objective_.problem().penalty.slope(m.blocks[a], own.data(), out.data(), own.size());
    slope.middleRows(m.begin(a), m.count(a)) = out;
  }
  Matrix product;
  m.panel.transpose_multiply(s.u, product);
  r.setZero(m.height(), m.tasks());
  r.topRows(m.rows()) = -(product + slope).cwiseProduct(m.free);
  if (m.constant) r.row(m.rows()) = -s.u.colwise().sum();
}

void BlockNewton::apply(const Matrix& in, Matrix& out) const {
  const SupportModel& m = model_;
  const Index rows = m.rows();
  m.panel.multiply(in.topRows(rows), predictor_);
  if (m.constant) predictor_.rowwise() += in.row(rows);
  objective_.problem().loss.apply_hessian(m.hessian, predictor_);
  Matrix product;
  m.panel.transpose_multiply(predictor_, product);
  product += m.diagonal.cwiseProduct(in.topRows(rows));
  for (std::size_t a = 0; a < m.blocks.size(); ++a) {
    if (m.along[static_cast<Index>(a)] == 0.0) continue;
    const auto unit = m.unit.middleRows(m.begin(a), m.count(a));
    const double inner = unit.cwiseProduct(in.middleRows(m.begin(a), m.count(a))).sum();
    product.middleRows(m.begin(a), m.count(a)) += (m.along[static_cast<Index>(a)] * inner) * unit;
  }
  out.resize(m.height(), m.tasks());
  out.topRows(rows) = product.cwiseProduct(m.free);
  if (m.constant) out.row(rows) = predictor_.colwise().sum();
}

bool BlockNewton::conjugate_gradients(const Matrix& start, double forcing, int limit, Matrix& d,
                                      Monitor& monitor) const {
  Matrix r = start, z, p, ap;
  system_->solve(model_, r, z);
  p = z;
  d.setZero(r.rows(), r.cols());
  double rz = r.cwiseProduct(z).sum();
  const double stop = forcing * r.norm();
  for (int k = 0; k < limit; ++k) {
    apply(p, ap);
    const double bend = p.cwiseProduct(ap).sum();
    if (!(bend > 0.0) || !(rz > 0.0)) return k > 0;
    const double step = rz / bend;
    d += step * p;
    r -= step * ap;
    if (r.norm() <= stop) return true;
    if (!monitor.keep_going()) return false;
    system_->solve(model_, r, z);
    const double next = r.cwiseProduct(z).sum();
    p = z + (next / rz) * p;
    rz = next;
  }
  return limit == most_steps;
}

bool BlockNewton::direction(const Matrix& r, const WorkingGram* gram, double forcing, Matrix& d, Monitor& monitor) {
  const MatrixLoss& loss = objective_.problem().loss;
  if (system_ && system_->serves(model_) && conjugate_gradients(r, forcing, few_steps, d, monitor)) return true;
  if (monitor.stop_requested()) return false;
  system_ = choose_system(model_, loss, gram);
  if (!system_->factor(model_, monitor)) {
    if (monitor.stop_requested()) return false;
    system_ = make_diagonal_system(loss);
    system_->factor(model_, monitor);
  }
  return conjugate_gradients(r, forcing, most_steps, d, monitor);
}

/// Along directions in which nothing bends (more columns than rows, a penalty that is flat there) rounding makes steps
/// without end, whose predictor is a difference of large numbers.
bool BlockNewton::is_rounding(const Matrix& d) const {
  if (d.norm() <= leap * model_.w.norm()) return false;
  model_.panel.multiply(d, predictor_);
  return model_.panel.reach(d) > blind * predictor_.norm();
}

bool BlockNewton::step(BlockState& s, const std::vector<Index>& support, const WorkingGram* gram, double forcing,
                       double target, Monitor& monitor) {
  const BlockProblem& p = objective_.problem();
  build(s, support, monitor);
  if (monitor.stop_requested()) return false;
  Matrix r, d;
  residual(s, r);
  if (r.lpNorm<Eigen::Infinity>() <= target) return false;
  if (!direction(r, gram, forcing, d, monitor) || !d.allFinite()) return false;
  BlockMove by{model_.columns, d.topRows(model_.rows()), model_.means, Vector::Zero(d.cols())};
  if (is_rounding(by.d)) return false;
  ++steps_;
  if (model_.constant) {  // a number added to all of them changes nothing
    by.intercept = d.row(model_.rows()).transpose();
    by.intercept.array() -= by.intercept.mean();
  }
  const bool project = !p.penalty.smooth(0.0);
  return objective_.move(s, by, &model_.panel, project, forcing < 1e-3, monitor);
}

}  // namespace pauca::bcd
