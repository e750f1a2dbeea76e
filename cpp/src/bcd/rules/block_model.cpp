#include "pauca/bcd/rules/block_model.hpp"

#include <Eigen/Cholesky>
#include <algorithm>

#include "pauca/core/symmetric_eigen.hpp"

namespace pauca::bcd::rules {

namespace {
constexpr Index largest_decomposition = 600;
}

double curvature_floor(const Smooth& f) {
  const double top = f.size() ? f.lipschitz().maxCoeff() : 0.0;
  return top > 0.0 ? 1e-12 * top : 1.0;
}

double Metric::ridge() const {
  const double top = h_.size() ? h_.diagonal().maxCoeff() : 0.0;
  return top > 0.0 ? 1e-12 * top : 1.0;
}

void Metric::decompose(bool vectors) {
  if (values_.size() && (!vectors || vectors_.size())) return;
  const SymmetricEigen eigen(h_, vectors ? SymmetricEigen::Vectors::wanted : SymmetricEigen::Vectors::not_wanted);
  values_ = eigen.values();
  if (vectors) vectors_ = eigen.vectors();
}

double Metric::top() {
  if (h_.rows() == 1) return h_(0, 0);
  if (h_.rows() >= largest_decomposition) return h_.cwiseAbs().rowwise().sum().maxCoeff();
  decompose(false);
  return values_.maxCoeff();
}

const Vector& Metric::eigenvalues() {
  decompose(true);
  values_ = values_.cwiseMax(ridge());
  return values_;
}

const Matrix& Metric::eigenvectors() {
  decompose(true);
  return vectors_;
}

void Metric::solve(const Vector& v, Vector& out) {
  if (!lower_.size()) {
    lower_ = h_;
    double shift = ridge();
    lower_.diagonal().array() += shift;
    while (Eigen::LLT<Eigen::Ref<Matrix>>(lower_).info() != Eigen::Success) {
      shift *= 100.0;
      lower_ = h_;
      lower_.diagonal().array() += shift;
    }
  }
  out = v;
  lower_.triangularView<Eigen::Lower>().solveInPlace(out);
  lower_.triangularView<Eigen::Lower>().transpose().solveInPlace(out);
}

Metric& BlockModel::bound() {
  if (!bound_) {
    Matrix h;
    f_->bound(block_, block_, h);
    bound_ = std::make_unique<Metric>(std::move(h));
  }
  return *bound_;
}

double BlockModel::lipschitz() {
  if (lipschitz_ < 0.0) lipschitz_ = std::max(size() == 1 ? f_->lipschitz()[block_[0]] : bound().top(), floor_);
  return lipschitz_;
}

const Vector& BlockModel::diagonal(Diagonal kind) {
  Vector& d = diagonal_[static_cast<int>(kind)];
  if (d.size() == size()) return d;
  d.resize(size());
  if (kind == Diagonal::block) {
    d.setConstant(lipschitz());
  } else if (kind == Diagonal::gershgorin) {
    d = bound().matrix().cwiseAbs().rowwise().sum();
  } else {
    const double factor = kind == Diagonal::scaled ? static_cast<double>(size()) : 1.0;
    for (Index k = 0; k < size(); ++k) d[k] = factor * f_->lipschitz()[block_[static_cast<std::size_t>(k)]];
  }
  d = d.cwiseMax(floor_);
  return d;
}

double model_decrease(const Regularizer& g, const Block& b, const Vector& x, const Vector& gradient, const Vector& d,
                      double curvature) {
  return -(gradient.dot(d) + 0.5 * curvature + (g.is_zero() ? 0.0 : g.change(b, x, d)));
}

namespace {

/// Coordinate sweeps on y = x + d with r = G + H (y - x) kept, and exact solves on the face.
class BoxModel {
 public:
  BoxModel(const L1Box& g, const Block& b, const Vector& x, const Vector& gradient, const Matrix& h)
      : g_(g), b_(b), h_(h), y_(x), r_(gradient), size_(x.size()) {
    const double top = h.diagonal().maxCoeff();
    floor_ = top > 0.0 ? 1e-12 * top : 1.0;
    scale_ = gradient.cwiseAbs().maxCoeff();
  }

  const Vector& minimise() {
    int stable = 0;
    for (int sweep = 0; sweep < 2000; ++sweep) {
      moved_ = 0.0;
      const bool changed = this->sweep();
      if (moved_ <= 1e-15 * scale_) break;
      stable = changed ? 0 : stable + 1;
      if (stable >= 2) {
        solve_face();
        stable = 0;
      }
    }
    return y_;
  }

 private:
  int side(Index k) const {
    const Index i = b_[static_cast<std::size_t>(k)];
    if (y_[k] <= g_.lower(i)) return 2;
    if (y_[k] >= g_.upper(i)) return 3;
    if (g_.lambda(i) == 0.0) return 1;
    return y_[k] > 0.0 ? 1 : (y_[k] < 0.0 ? -1 : 0);
  }

  bool sweep() {
    bool changed = false;
    for (Index k = 0; k < size_; ++k) {
      const double bend = std::max(h_(k, k), floor_);
      const double next = g_.prox(b_[static_cast<std::size_t>(k)], y_[k] - r_[k] / bend, 1.0 / bend);
      const double d = next - y_[k];
      if (d == 0.0) continue;
      const int before = side(k);
      y_[k] = next;
      changed |= side(k) != before;
      r_ += d * h_.col(k);
      moved_ = std::max(moved_, std::abs(d) * bend);
    }
    return changed;
  }

  /// Newton on the coordinates strictly inside their face, stopped where the first of them leaves it.
  void solve_face() {
    std::vector<Index> free;
    for (Index k = 0; k < size_; ++k)
      if (const int s = side(k); s == 1 || s == -1) free.push_back(k);
    if (free.empty()) return;
    const auto n = static_cast<Index>(free.size());
    Vector slope(n), step;
    Matrix h(n, n);
    for (Index a = 0; a < n; ++a) {
      const Index k = free[static_cast<std::size_t>(a)], i = b_[static_cast<std::size_t>(k)];
      slope[a] = -(r_[k] + g_.lambda(i) * (y_[k] > 0.0 ? 1.0 : (y_[k] < 0.0 ? -1.0 : 0.0)));
      for (Index c = 0; c < n; ++c) h(c, a) = h_(free[static_cast<std::size_t>(c)], k);
    }
    Metric(std::move(h)).solve(slope, step);
    double t = 1.0;
    Index blocking = -1;
    for (Index a = 0; a < n; ++a) {
      const Index k = free[static_cast<std::size_t>(a)], i = b_[static_cast<std::size_t>(k)];
      double low = g_.lower(i), high = g_.upper(i);
      if (g_.lambda(i) > 0.0) (y_[k] > 0.0 ? low : high) = y_[k] > 0.0 ? std::max(low, 0.0) : std::min(high, 0.0);
      const double limit = step[a] < 0.0 ? (low - y_[k]) / step[a] : (high - y_[k]) / step[a];
      if (step[a] != 0.0 && limit < t) t = limit, blocking = a;
    }
    for (Index a = 0; a < n; ++a) {
      const Index k = free[static_cast<std::size_t>(a)], i = b_[static_cast<std::size_t>(k)];
      double next = y_[k] + t * step[a];
      if (a == blocking) {
        const bool zero = g_.lambda(i) > 0.0 && (y_[k] > 0.0) == (step[a] < 0.0) &&
                          (y_[k] > 0.0 ? g_.lower(i) < 0.0 : g_.upper(i) > 0.0);
        next = zero ? 0.0 : (step[a] < 0.0 ? g_.lower(i) : g_.upper(i));
      }
      const double d = next - y_[k];
      y_[k] = next;
      r_ += d * h_.col(k);
    }
  }

  const L1Box& g_;
  const Block& b_;
  const Matrix& h_;
  Vector y_, r_;
  Index size_;
  double floor_ = 1.0, scale_ = 0.0, moved_ = 0.0;
};

void group_step(double lambda, const Vector& x, const Vector& gradient, Metric& h, Vector& d) {
  const Vector& bend = h.eigenvalues();
  const Vector v = h.eigenvectors().transpose() * (h.matrix() * x - gradient);
  if (v.norm() <= lambda) {
    d = -x;
    return;
  }
  if (lambda == 0.0) {
    h.solve(-gradient, d);
    return;
  }
  // The left side is convex and decreasing in t: Newton's method from zero climbs to the root.
  double t = 0.0;
  for (int k = 0; k < 200; ++k) {
    double value = -1.0, slope = 0.0;
    for (Index i = 0; i < v.size(); ++i) {
      const double below = bend[i] * t + lambda, q = v[i] / below;
      value += q * q;
      slope -= 2.0 * q * q * bend[i] / below;
    }
    const double next = t - value / slope;
    if (!(next > t * (1.0 + 1e-16)) || value <= 0.0) break;
    t = next;
  }
  const Vector scaled = (v.array() * t / (bend.array() * t + lambda)).matrix();
  d = h.eigenvectors() * scaled - x;
}

}  // namespace

void minimise_model(const Regularizer& g, const Block& b, const Vector& x, const Vector& gradient, Metric& h,
                    Vector& d) {
  if (g.is_zero()) {
    h.solve(-gradient, d);
  } else if (const auto* box = dynamic_cast<const L1Box*>(&g)) {
    d = BoxModel(*box, b, x, gradient, h.matrix()).minimise() - x;
  } else if (const auto* group = dynamic_cast<const GroupL2*>(&g)) {
    group_step(group->lambda(b), x, gradient, h, d);
  }
}

}  // namespace pauca::bcd::rules
