#include <cmath>
#include <thread>

#include "pauca/core/parallel.hpp"
#include "pauca/nmf/factorisation.hpp"
#include "pauca/nmf/row_sweeps.hpp"

namespace pauca::nmf {
namespace {

template <class T>
using MatrixOf = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// Factor Gram with the ridge on its diagonal; sums of squares of float data in double where they are long.
template <class T>
Matrix gram_of(const MatrixOf<T>& f, Index k) {
  Matrix g = Matrix::Zero(k, k);
  constexpr Index block = 512;
  for (Index at = 0; at < f.cols(); at += block) {
    const auto part = f.block(0, at, k, std::min(block, f.cols() - at));
    g += (part * part.transpose()).template cast<double>();
  }
  return g;
}

template <class T>
MatrixOf<T> with_ridge(const Matrix& gram, double l2) {
  MatrixOf<T> g = gram.template cast<T>();
  g.diagonal().array() += static_cast<T>(l2);
  return g;
}

/// One pass over the data: updates L given R (if `sweeps` > 0) and accumulates numerators and Gram for R.
template <class T>
class FusedPass {
 public:
  FusedPass(const RowMatrix<T>& x, Index k, Index padded, int n_threads)
      : x_(x), k_(k), padded_(padded), n_threads_(n_threads) {
    // A fixed number of chunks, each with its own sums: the result does not depend on the number of threads.
    const Index n = std::clamp<Index>(x.rows() / 64, 1, 4);
    for (Index i = 0; i < n; ++i) {
      parts_.push_back({MatrixOf<T>(padded, x.cols()), Matrix(k, k), MatrixOf<T>(), RowSweeps<T>(k), 0.0});
    }
  }

  MatrixOf<T> numerator;  ///< padded x cols: W'X
  Matrix gram;            ///< W'W
  double violation = 0.0;

  /// On entry `left` is the last L and `ahead` its extrapolation. `left` becomes L, swept from `ahead`; `ahead` becomes
  /// max(0, L + beta (L - last L)). False if the monitor stopped it.
  bool run(const MatrixOf<T>& right, const MatrixOf<T>& gram_right, double l1, MatrixOf<T>& left, MatrixOf<T>& ahead,
           T beta, Index sweeps, double share, Monitor& monitor) {
    const Index n = static_cast<Index>(parts_.size()), rows = x_.rows(), block = x_.block_rows();
    const auto caller = std::this_thread::get_id();
    auto body = [&](Index c) {
      Part& p = parts_[static_cast<std::size_t>(c)];
      p.numerator.setZero();
      p.gram.setZero();
      p.violation = 0.0;
      p.buffer.resize(padded_, block);
      for (Index at = rows * c / n, last = rows * (c + 1) / n; at < last; at += block) {
        if (monitor.stop_requested()) return;
        const Index m = std::min(block, last - at);
        x_.multiply(at, m, right.data(), padded_, p.buffer.data());
        if (l1 != 0.0) p.buffer.array() -= static_cast<T>(l1);
        // `ahead` holds the extrapolated start; the old L is kept in `left` until the new one is known.
        p.violation +=
            p.sweeps.run(p.buffer.data(), ahead.data() + at * padded_, padded_, m, gram_right, sweeps, share).violation;
        auto y = ahead.middleCols(at, m);
        auto w = left.middleCols(at, m);
        p.buffer.leftCols(m) = y;
        y = (y + beta * (y - w)).cwiseMax(T(0));
        w = p.buffer.leftCols(m);
        x_.add_transpose(at, m, y.data(), padded_, p.numerator.data());
        const auto used = y.topRows(k_);
        p.gram += (used * used.transpose()).template cast<double>();
        if (std::this_thread::get_id() == caller) monitor.keep_going();
      }
    };
    parallel_for(n, n_threads_, body, [&] { return monitor.keep_going(); });
    numerator = parts_[0].numerator;
    gram = parts_[0].gram;
    violation = parts_[0].violation;
    for (std::size_t i = 1; i < parts_.size(); ++i) {
      numerator += parts_[i].numerator;
      gram += parts_[i].gram;
      violation += parts_[i].violation;
    }
    return !monitor.stop_requested();
  }

 private:
  struct Part {
    MatrixOf<T> numerator;
    Matrix gram;
    MatrixOf<T> buffer;
    RowSweeps<T> sweeps;
    double violation;
  };
  const RowMatrix<T>& x_;
  Index k_, padded_;
  int n_threads_;
  std::vector<Part> parts_;
};

/// What 1/2 ||X - WH||^2 may be wrong by when it is expanded into products.
template <class T>
double rounding_of(double squared_norm) {
  return static_cast<double>(std::numeric_limits<T>::epsilon()) * squared_norm;
}

template <class T>
double misfit_by_entries(const RowMatrix<T>& x, const Factors<T>& f) {
  const Index block = x.block_rows();
  MatrixOf<T> fitted(x.cols(), block);
  double total = 0.0;
  for (Index at = 0; at < x.rows(); at += block) {
    const Index m = std::min(block, x.rows() - at);
    fitted.leftCols(m).noalias() = f.right.transpose() * f.left.middleCols(at, m);
    for (Index i = 0; i < m; ++i) {
      const Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>> row(x.row(at + i).values, x.cols());
      total += (row - fitted.col(i)).template cast<double>().squaredNorm();
    }
  }
  return 0.5 * total;
}

}  // namespace

template <class T>
double misfit(const RowMatrix<T>& x, const Factors<T>& f) {
  const Index k = f.k, padded = f.left.rows(), block = x.block_rows();
  const double norm = x.squared_norm();
  double cross = 0.0;
  MatrixOf<T> numerator(padded, block);
  for (Index at = 0; at < x.rows(); at += block) {
    const Index m = std::min(block, x.rows() - at);
    x.multiply(at, m, f.right.data(), padded, numerator.data());
    cross += numerator.leftCols(m)
                 .template cast<double>()
                 .cwiseProduct(f.left.middleCols(at, m).template cast<double>())
                 .sum();
  }
  const Matrix l = f.left.topRows(k).template cast<double>(), r = f.right.topRows(k).template cast<double>();
  const double value = 0.5 * norm - cross + 0.5 * (l * l.transpose()).cwiseProduct(r * r.transpose()).sum();
  const bool dense = x.rows() > 0 && x.row(0).idx == nullptr;
  return dense && value < 1e3 * rounding_of<T>(norm) ? misfit_by_entries(x, f) : std::max(value, 0.0);
}

template <class T>
Report frobenius(const RowMatrix<T>& x, Factors<T>& f, const FactorOptions& options, const Settings& settings,
                 Monitor& monitor) {
  const Index k = f.k, padded = f.left.rows();
  const auto& pen = options.penalty;
  const bool penalized = pen.l1_left != 0.0 || pen.l2_left != 0.0 || pen.l1_right != 0.0 || pen.l2_right != 0.0;
  Report report;
  report.engine = options.extrapolate ? "hals-extrapolated" : "hals";
  const double norm = x.squared_norm(), rounding = rounding_of<T>(norm);
  FusedPass<T> pass(x, k, padded, options.n_threads);
  RowSweeps<T> sweeps(k);

  // (left_ahead, f.right) is the pair whose objective is known; *_ahead are the extrapolated factors.
  MatrixOf<T> left_ahead = f.left, right_ahead = f.right, right_old = f.right, left_best = f.left, right_best = f.right;
  Matrix gram_right = gram_of(right_ahead, k);
  double beta = 0.5, beta_max = 1.0, last = std::numeric_limits<double>::infinity();
  double best = last, first_violation = 0.0;
  // An iteration without momentum cannot raise the objective but by rounding: it counts whatever the sums say.
  bool plain = !options.extrapolate;
  for (Index it = 0; it < settings.max_iter; ++it) {
    const Index n_sweeps = options.sweeps;
    const double share = 0.1;
    if (!pass.run(right_ahead, with_ridge<T>(gram_right, pen.l2_left), pen.l1_left, f.left, left_ahead,
                  plain ? T(0) : static_cast<T>(beta), n_sweeps, share, monitor)) {
      report.status = monitor.reason();
      break;
    }
    MatrixOf<T> numerator = pass.numerator;
    if (pen.l1_right != 0.0) numerator.array() -= static_cast<T>(pen.l1_right);
    right_old.swap(f.right);
    f.right = right_ahead;
    const double violation = pass.violation + sweeps
                                                  .run(numerator.data(), f.right.data(), padded, x.cols(),
                                                       with_ridge<T>(pass.gram, pen.l2_right), n_sweeps, share)
                                                  .violation;
    const Matrix gram_new = gram_of(f.right, k);
    double cross = 0.0;
    for (Index j = 0; j < x.cols(); ++j) {
      cross += static_cast<double>(pass.numerator.col(j).dot(f.right.col(j)));
    }
    double objective = 0.5 * norm - cross + 0.5 * pass.gram.cwiseProduct(gram_new).sum();
    if (penalized) {
      objective += pen.l1_left * static_cast<double>(left_ahead.sum()) +
                   pen.l1_right * static_cast<double>(f.right.sum()) + 0.5 * pen.l2_left * pass.gram.trace() +
                   0.5 * pen.l2_right * gram_new.trace();
    }
    objective = std::max(objective, 0.0);
    if (it == 0) first_violation = violation;
    report.n_iter = it + 1;
    report.objective_path.push_back(objective);
    report.criterion = violation;
    report.threshold = settings.tol * first_violation;
    const bool rose = !plain && objective > last + 0.1 * rounding;  // sums in blocks leave about that
    if (!rose) {
      best = objective;
      left_best = left_ahead;
      right_best = f.right;
    }
    if (violation <= report.threshold) {
      report.status = Status::converged;
      break;
    }
    if (!monitor.next_iteration({it, objective, violation, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
    if (rose) {
      // Restart from the last factors, more cautiously.
      beta_max = beta;
      beta /= 1.5;
      left_ahead = left_best;
      f.left = left_best;
      right_ahead = right_best;
      f.right = right_best;
      gram_right = gram_of(right_ahead, k);
      plain = true;
    } else if (options.extrapolate) {
      right_ahead = (f.right + static_cast<T>(beta) * (f.right - right_old)).cwiseMax(T(0));
      gram_right = gram_of(right_ahead, k);
      beta = std::min(beta_max, 1.05 * beta);
      beta_max = std::min(1.0, 1.01 * beta_max);
      last = objective;
      plain = false;
    } else {
      right_ahead = f.right;
      gram_right = gram_new;
    }
  }
  f.left = left_best;
  f.right = right_best;
  // Stopped before the first objective was known, or lost in rounding.
  report.objective = std::isfinite(best) && (penalized || best >= 1e3 * rounding) ? best : misfit(x, f);
  report.seconds = monitor.seconds();
  return report;
}

template Report frobenius<float>(const RowMatrix<float>&, Factors<float>&, const FactorOptions&, const Settings&,
                                 Monitor&);
template Report frobenius<double>(const RowMatrix<double>&, Factors<double>&, const FactorOptions&, const Settings&,
                                  Monitor&);
template double misfit<float>(const RowMatrix<float>&, const Factors<float>&);
template double misfit<double>(const RowMatrix<double>&, const Factors<double>&);

}  // namespace pauca::nmf
