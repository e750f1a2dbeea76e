#include "pauca/sbl/hyperparameters.hpp"

#include <cmath>

#include "pauca/core/symmetric_eigen.hpp"

namespace pauca::sbl {
namespace {

// Relative to the largest: a hyperparameter that reached zero would stay there and divide by zero in the next step.
constexpr double floor_level = 1e-12;
// The published block-sparse step adds this share of the largest to keep every atom alive.
constexpr double coupled_floor = 1e-5;

using ConstMap = Eigen::Map<const Matrix>;

// argmin_{x >= 0} |C x - t|^2 for the tridiagonal C: exact minimisation coordinate by coordinate.
Vector coupled_least_squares(const Coupling& c, const Vector& t, Vector x) {
  const Index n = t.size();
  auto linked = [&](Index a) {
    return a >= 0 && a + 1 < n &&
           c.position[static_cast<std::size_t>(a) + 1] - c.position[static_cast<std::size_t>(a)] == 1;
  };
  Vector r = t - c.times(x);
  for (int sweep = 0; sweep < 500; ++sweep) {
    double moved = 0.0;
    for (Index a = 0; a < n; ++a) {
      const bool up = linked(a - 1), down = linked(a);
      double slope = r[a], curvature = 1.0;
      if (up) slope += c.beta * r[a - 1], curvature += c.beta * c.beta;
      if (down) slope += c.beta * r[a + 1], curvature += c.beta * c.beta;
      const double next = std::max(0.0, x[a] + slope / curvature), step = next - x[a];
      if (step == 0.0) continue;
      x[a] = next;
      r[a] -= step;
      if (up) r[a - 1] -= c.beta * step;
      if (down) r[a + 1] -= c.beta * step;
      moved = std::max(moved, std::abs(step));
    }
    if (moved <= 1e-10 * x.maxCoeff()) break;
  }
  return x;
}

}  // namespace

void ModeSums::begin(const kron::Buffer& t, const std::vector<Vector>& w) {
  t_ = &t;
  right_.resize(w.size());
  lead_.assign(1, 1.0);
  const kron::Buffer* from = &t;
  for (std::size_t i = w.size() - 1; i > 0; --i) {
    const Index n = w[i].size(), rest = static_cast<Index>(from->size()) / n;
    auto& to = right_[i - 1];
    to.resize(static_cast<std::size_t>(rest));
    Eigen::Map<Vector>(to.data(), rest).noalias() = ConstMap(from->data(), n, rest).transpose() * w[i];
    from = &to;
  }
}

void ModeSums::sums(Index mode, Vector& out) const {
  const auto i = static_cast<std::size_t>(mode);
  const kron::Buffer& t = i + 1 == right_.size() ? *t_ : right_[i];
  const Index lead = static_cast<Index>(lead_.size());
  const Index n = static_cast<Index>(t.size()) / lead;
  out.noalias() = ConstMap(t.data(), n, lead) * Eigen::Map<const Vector>(lead_.data(), lead);
}

void ModeSums::advance(const Vector& w) {
  kron::outer(lead_, w, next_);
  std::swap(lead_, next_);
}

Vector Coupling::times(const Vector& x) const {
  Vector y = x;
  if (beta == 0.0) return y;
  for (Index a = 0; a + 1 < x.size(); ++a) {
    if (position[static_cast<std::size_t>(a) + 1] - position[static_cast<std::size_t>(a)] != 1) continue;
    y[a] += beta * x[a + 1];
    y[a + 1] += beta * x[a];
  }
  return y;
}

Hyperparameters::Hyperparameters(const std::vector<Index>& sizes, double level, const std::vector<double>& beta) {
  const std::size_t n = sizes.size();
  gamma_.resize(n), g_.resize(n), old_.resize(n), rho_.resize(n), inverse_rho_.resize(n), coupling_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    coupling_[i].beta = beta[i];
    for (Index a = 0; a < sizes[i]; ++a) coupling_[i].position.push_back(a);
    gamma_[i] = Vector::Constant(sizes[i], i + 1 == n ? level : 1.0);
    if (beta[i] > 0.0) gamma_[i] *= static_cast<double>(sizes[i]) / coupling_[i].times(Vector::Ones(sizes[i])).sum();
    refresh(i);
  }
  gauge();
}

void Hyperparameters::refresh(std::size_t i) {
  gamma_[i] = gamma_[i].cwiseMax(floor_level * gamma_[i].maxCoeff());
  g_[i] = coupling_[i].times(gamma_[i]);
}

void Hyperparameters::start_step() {
  for (std::size_t i = 0; i < g_.size(); ++i) {
    old_[i] = g_[i];
    rho_[i].setOnes(g_[i].size());
    inverse_rho_[i].setOnes(g_[i].size());
  }
}

// Sets rho_i = g_i / old_i after g_i has changed.
void Hyperparameters::set_ratio(std::size_t i, Vector gamma) {
  gamma_[i] = std::move(gamma);
  refresh(i);
  rho_[i] = g_[i].cwiseQuotient(old_[i]);
  inverse_rho_[i] = rho_[i].cwiseInverse();
}

void Hyperparameters::step_mm(const kron::Buffer& power, const kron::Buffer& shrink) {
  start_step();
  ModeSums &a = sums_, &b = other_sums_;
  a.begin(power, inverse_rho_);
  b.begin(shrink, rho_);
  Vector up, down;
  for (std::size_t i = 0; i < g_.size(); ++i) {
    a.sums(static_cast<Index>(i), up);
    b.sums(static_cast<Index>(i), down);
    if (coupling_[i].beta > 0.0) {
      up = coupling_[i].times(up.cwiseQuotient(old_[i]));
      down = coupling_[i].times(down.cwiseQuotient(old_[i]));
    }
    Vector next(up.size());
    for (Index k = 0; k < next.size(); ++k) next[k] = down[k] > 0.0 ? gamma_[i][k] * std::sqrt(up[k] / down[k]) : 0.0;
    if (!(next.maxCoeff() > 0.0)) next = gamma_[i];
    set_ratio(i, std::move(next));
    a.advance(inverse_rho_[i]);
    b.advance(rho_[i]);
  }
}

void Hyperparameters::step_am(kron::Buffer& moment, Index n_inner, double inner_tol) {
  start_step();
  ModeSums& s = sums_;
  Vector sums, before;
  for (Index sweep = 0; sweep < n_inner; ++sweep) {
    s.begin(moment, inverse_rho_);
    double moved = 0.0;
    for (std::size_t i = 0; i < g_.size(); ++i) {
      s.sums(static_cast<Index>(i), sums);
      const double share = static_cast<double>(g_[i].size()) / static_cast<double>(moment.size());
      Vector target = share * sums.cwiseProduct(old_[i]);
      if (coupling_[i].beta > 0.0) {
        target = coupled_least_squares(coupling_[i], target, gamma_[i]);
        target.array() += coupled_floor * target.maxCoeff();
      }
      before = g_[i];
      set_ratio(i, std::move(target));
      moved += (g_[i] - before).squaredNorm() / before.squaredNorm();
      s.advance(inverse_rho_[i]);
    }
    if (moved <= inner_tol * inner_tol) break;
  }
}

void Hyperparameters::step_svd(kron::Buffer& moment) {
  start_step();
  // G (|xt|^2 + R)
  kron::Buffer prior(1, 1.0), next;
  for (const Vector& g : g_) {
    kron::outer(prior, g, next);
    std::swap(prior, next);
  }
  Eigen::Map<Eigen::ArrayXd>(moment.data(), static_cast<Index>(moment.size())) *=
      Eigen::Map<const Eigen::ArrayXd>(prior.data(), static_cast<Index>(prior.size()));
  kron::Buffer rest = moment;
  for (std::size_t i = 0; i + 1 < g_.size(); ++i) {
    const Index n = g_[i].size(), cols = static_cast<Index>(rest.size()) / n;
    const ConstMap a(rest.data(), cols, n);  // its transpose is n x cols
    const SymmetricEigen eig(a.transpose() * a);
    const Vector u = eig.vectors().col(n - 1).cwiseAbs();
    Vector v = a * u;
    set_ratio(i, u);
    rest.assign(v.data(), v.data() + v.size());
  }
  set_ratio(g_.size() - 1, Eigen::Map<const Vector>(rest.data(), static_cast<Index>(rest.size())));
}

double Hyperparameters::relative_change() const {
  // G - G_old as a telescoping sum of I products: no difference of nearly equal norms.
  const std::size_t n = g_.size();
  double total = 0.0, scale = 1.0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double inner = 1.0;
      for (std::size_t k = 0; k < n; ++k) {
        const auto part = [&](std::size_t which) -> Vector {
          return k < which ? g_[k] : k == which ? Vector(g_[k] - old_[k]) : old_[k];
        };
        inner *= part(i).dot(part(j));
      }
      total += inner;
    }
    scale *= old_[i].squaredNorm();
  }
  return std::max(total, 0.0) / scale;
}

void Hyperparameters::gauge() {
  const std::size_t last = g_.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    const double norm = g_[i].norm();
    gamma_[i] /= norm, g_[i] /= norm;
    gamma_[last] *= norm, g_[last] *= norm;
  }
}

std::vector<Index> Hyperparameters::survivors(Index mode, double level) const {
  const Vector& g = g_[static_cast<std::size_t>(mode)];
  const double least = level * g.maxCoeff();
  std::vector<Index> keep;
  for (Index a = 0; a < g.size(); ++a) {
    if (g[a] >= least) keep.push_back(a);
  }
  return keep;
}

void Hyperparameters::keep(Index mode, const std::vector<Index>& positions) {
  const auto i = static_cast<std::size_t>(mode);
  gamma_[i] = Vector(gamma_[i](positions));
  std::vector<Index> position;
  for (Index p : positions) position.push_back(coupling_[i].position[static_cast<std::size_t>(p)]);
  coupling_[i].position = std::move(position);
  g_[i] = coupling_[i].times(gamma_[i]);
}

}  // namespace pauca::sbl
