#include "pauca/bcd/block_sweeps.hpp"

#include <cmath>

#include "pauca/core/symmetric_eigen.hpp"

namespace pauca::bcd {

BlockSweeps::BlockSweeps(const Design& design, const BlockPenalty& penalty,
                         const std::vector<std::vector<Index>>& blocks, Index tasks, bool center, bool softmax)
    : design_(design), penalty_(penalty), blocks_(blocks), tasks_(tasks), center_(center), softmax_(softmax) {}

BlockSweeps::Spectrum BlockSweeps::spectrum_of(const Matrix& gram, bool with_basis) {
  Spectrum s;
  if (gram.rows() == 1) {
    s.largest = gram(0, 0);
    return s;
  }
  const SymmetricEigen eigen(gram, with_basis ? SymmetricEigen::Vectors::wanted : SymmetricEigen::Vectors::not_wanted);
  s.values = eigen.values().cwiseMax(0.0);
  s.largest = s.values[s.values.size() - 1];
  if (with_basis) s.basis = eigen.vectors();
  return s;
}

void BlockSweeps::update(Index block, const Spectrum& spectrum, const Matrix& w, const Matrix& g, Matrix& next) const {
  const double lambda = penalty_.euclidean_strength(block);
  if (spectrum.basis.size() > 0 && lambda > 0.0 && !softmax_) {
    // c = K w - g in the eigenbasis; the minimiser is (K + lambda / t I)^-1 c with norm t, or zero.
    Matrix c = spectrum.basis.transpose() * w;
    c = spectrum.values.asDiagonal() * c;
    c.noalias() -= spectrum.basis.transpose() * g;
    const double norm = c.norm();
    if (norm <= lambda) {
      next.setZero(w.rows(), w.cols());
      return;
    }
    const Vector squares = c.rowwise().squaredNorm();
    // The left side falls from (norm / lambda)^2 > 1 and is convex in t: Newton from the left never overshoots.
    double t = 0.0;
    for (int i = 0; i < 100; ++i) {
      const Eigen::ArrayXd d = (spectrum.values.array() * t + lambda).inverse();
      const double value = (squares.array() * d.square()).sum() - 1.0;
      const double slope = -2.0 * (squares.array() * d.cube() * spectrum.values.array()).sum();
      if (!(slope < 0.0) || value <= 1e-15) break;
      const double step = -value / slope;
      t += step;
      if (step <= 1e-15 * t) break;
    }
    next.noalias() =
        spectrum.basis * ((t * (spectrum.values.array() * t + lambda).inverse()).matrix().asDiagonal() * c);
    return;
  }
  const double bound = coupling_bound() * spectrum.largest;
  next = w - g / bound;
  penalty_.prox(block, next.data(), next.size(), 1.0 / bound);
}

namespace {

/// Gathers rows of a (p, T) matrix into a block, and back.
void gather(const Matrix& from, const std::vector<Index>& rows, Matrix& to) {
  to.resize(static_cast<Index>(rows.size()), from.cols());
  for (Index i = 0; i < to.rows(); ++i) to.row(i) = from.row(rows[static_cast<std::size_t>(i)]);
}
void scatter(const Matrix& from, const std::vector<Index>& rows, Matrix& to) {
  for (Index i = 0; i < from.rows(); ++i) to.row(rows[static_cast<std::size_t>(i)]) = from.row(i);
}

class GramSweeps final : public BlockSweeps {
 public:
  GramSweeps(const Design& design, const BlockPenalty& penalty, const std::vector<std::vector<Index>>& blocks,
             Index tasks, bool center, bool softmax)
      : BlockSweeps(design, penalty, blocks, tasks, center, softmax), gram_(design, center) {}

  const char* name() const override { return "block gram"; }
  double mean(Index j) const override { return gram_.mean(j); }
  const WorkingGram* gram() const override { return &gram_; }

  void set_curvature(const Curvature& h) override {
    gram_.reset(h);
    spectra_.assign(blocks_.size(), Spectrum{});
  }

  double run(const std::vector<Index>& working, Matrix& b, const Matrix&, const Matrix& gradient, double target,
             int limit, int patience, Monitor& monitor) override {
    std::vector<Index> columns;
    for (Index block : working) columns.insert(columns.end(), blocks_[block].begin(), blocks_[block].end());
    gram_.include(columns, monitor);
    if (monitor.stop_requested()) return 0.0;
    Matrix g(gram_.size(), tasks_), w, slice, next;
    for (Index k = 0; k < gram_.size(); ++k) g.row(k) = gradient.row(gram_.column(k));
    stable_ = 0;
    double worst = 0.0;
    for (int sweep = 0; sweep < limit; ++sweep) {
      worst = 0.0;
      bool changed = false;
      for (Index block : working) {
        const std::vector<Index>& rows = blocks_[block];
        const Index first = gram_.position(rows[0]), count = static_cast<Index>(rows.size());
        Spectrum& spectrum = spectra_[block];
        if (spectrum.largest < 0.0) {
          const Matrix own = gram_.columns(first, count).middleRows(first, count);
          spectrum = spectrum_of(own, penalty_.euclidean_strength(block) > 0.0 && !softmax_);
        }
        if (spectrum.largest <= 0.0) continue;
        gather(b, rows, w);
        slice = g.middleRows(first, count);
        const double violation = penalty_.violation(block, w.data(), slice.data(), w.size());
        if (violation <= 0.0) continue;
        worst = std::max(worst, violation);
        update(block, spectrum, w, slice, next);
        changed |= next.isZero(0.0) != w.isZero(0.0);
        scatter(next, rows, b);
        next -= w;
        couple(next);
        for (Index t = 0; t < tasks_; ++t) {
          if (count > 1)
            g.col(t).noalias() += gram_.columns(first, count) * next.col(t);
          else if (next(0, t) != 0.0)
            g.col(t).noalias() += next(0, t) * Eigen::Map<const Vector>(gram_.data(first), gram_.size());
        }
      }
      ++count_;
      stable_ = changed ? 0 : stable_ + 1;
      if (worst <= target || stable_ >= patience || !monitor.keep_going()) break;
    }
    return worst;
  }

 private:
  WorkingGram gram_;
  std::vector<Spectrum> spectra_;
};

class ResidualSweeps final : public BlockSweeps {
 public:
  using BlockSweeps::BlockSweeps;

  const char* name() const override { return "block residual"; }
  double mean(Index j) const override { return center_ ? means_[j] : 0.0; }

  void set_curvature(const Curvature& h) override {
    h_ = h;
    h_sum_ = h.sum(design_.rows());
    spectra_.assign(blocks_.size(), Spectrum{});
    if (center_ && means_.size() == 0) means_.setZero(design_.cols());
    if (center_ && !h.rows) ones_.setOnes(design_.rows());
  }

  double run(const std::vector<Index>& working, Matrix& b, const Matrix& u, const Matrix&, double target, int limit,
             int patience, Monitor& monitor) override {
    for (Index block : working) {
      include(block, monitor);
      if (!monitor.keep_going()) return 0.0;
    }
    Matrix v = u, w, g, next;
    Vector shift = Vector::Zero(tasks_);  // the gradient in the predictors is v - h shift'
    stable_ = 0;
    double worst = 0.0;
    for (int sweep = 0; sweep < limit; ++sweep) {
      worst = 0.0;
      bool changed = false;
      for (Index block : working) {
        const std::vector<Index>& rows = blocks_[block];
        if (spectra_[block].largest <= 0.0) continue;
        gather(b, rows, w);
        g.resize(w.rows(), tasks_);
        for (Index i = 0; i < w.rows(); ++i)
          for (Index t = 0; t < tasks_; ++t)
            g(i, t) = design_.dot(rows[i], v.col(t).data()) - shift[t] * h_sum_ * mean(rows[i]);
        const double violation = penalty_.violation(block, w.data(), g.data(), w.size());
        if (violation <= 0.0) continue;
        worst = std::max(worst, violation);
        update(block, spectra_[block], w, g, next);
        changed |= next.isZero(0.0) != w.isZero(0.0);
        scatter(next, rows, b);
        next -= w;
        couple(next);
        for (Index i = 0; i < w.rows(); ++i)
          for (Index t = 0; t < tasks_; ++t) {
            if (next(i, t) == 0.0) continue;
            if (h_.rows)
              design_.weighted_axpy(rows[i], next(i, t), h_.rows->data(), v.col(t).data());
            else
              design_.axpy(rows[i], next(i, t) * h_.constant, v.col(t).data());
            shift[t] += next(i, t) * mean(rows[i]);
          }
        if (!monitor.keep_going()) return worst;
      }
      ++count_;
      stable_ = changed ? 0 : stable_ + 1;
      if (worst <= target || stable_ >= patience) break;
    }
    return worst;
  }

 private:
  void include(Index block, Monitor& monitor) {
    if (spectra_[block].largest >= 0.0) return;
    const std::vector<Index>& rows = blocks_[block];
    const Index count = static_cast<Index>(rows.size());
    const double* h = h_.rows ? h_.rows->data() : nullptr;
    Matrix own(count, count);
    if (count == 1)  // at the cost of its entries
      own(0, 0) = design_.weighted_square(rows[0], h);
    else
      design_.weighted_gram(h, rows, rows, own.data(), count, monitor);
    if (!h) own *= h_.constant;
    const Vector raw = own.diagonal();
    if (center_) {
      Vector m(count);
      for (Index i = 0; i < count; ++i)
        m[i] = means_[rows[i]] = h ? design_.dot(rows[i], h) / h_sum_
                                   : design_.dot(rows[i], ones_.data()) / static_cast<double>(design_.rows());
      own.noalias() -= h_sum_ * m * m.transpose();
    }
    if ((own.diagonal().array() <= 1e-13 * raw.array()).all()) own.setZero();
    spectra_[block] = spectrum_of(own, penalty_.euclidean_strength(block) > 0.0 && !softmax_);
  }

  Curvature h_;
  double h_sum_ = 0.0;
  Vector means_, ones_;
  std::vector<Spectrum> spectra_;
};

}  // namespace

std::unique_ptr<BlockSweeps> make_gram_sweeps(const Design& design, const BlockPenalty& penalty,
                                              const std::vector<std::vector<Index>>& blocks, Index tasks, bool center,
                                              bool softmax) {
  return std::make_unique<GramSweeps>(design, penalty, blocks, tasks, center, softmax);
}
std::unique_ptr<BlockSweeps> make_residual_sweeps(const Design& design, const BlockPenalty& penalty,
                                                  const std::vector<std::vector<Index>>& blocks, Index tasks,
                                                  bool center, bool softmax) {
  return std::make_unique<ResidualSweeps>(design, penalty, blocks, tasks, center, softmax);
}

}  // namespace pauca::bcd
