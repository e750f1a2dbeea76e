#include <cmath>
#include <thread>

#include "pauca/core/parallel.hpp"
#include "pauca/nmf/factorisation.hpp"
#include "pauca/nmf/kl_rows.hpp"
#include "pauca/nmf/row_sweeps.hpp"

namespace pauca::nmf {
namespace {

template <class T>
using MatrixOf = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

template <class T>
Vector row_sums(const MatrixOf<T>& f, Index k) {
  return f.topRows(k).template cast<double>().rowwise().sum();
}

/// sum x log x - x over positive entries: what the divergence adds to the row objectives.
template <class T>
double entropy(const RowMatrix<T>& x) {
  double total = 0.0;
  for (Index i = 0; i < x.rows(); ++i) {
    const auto r = x.row(i);
    for (Index e = 0; e < r.n; ++e) {
      const double v = static_cast<double>(r.values[e]);
      if (v > 0.0) total += v * std::log(v) - v;
    }
  }
  return total;
}

struct PassOutcome {
  double objective = 0.0, violation = 0.0, change = 0.0;
};

/// One visit of every row of `x`: its column of `left`, given `right`.
template <class T>
PassOutcome visit_rows(const RowMatrix<T>& x, const MatrixOf<T>& right, MatrixOf<T>& left, Index k, double l1,
                       double l2, Index sweeps, int n_threads, Monitor& monitor) {
  const Vector sums = row_sums(right, k);
  const Index n = std::clamp<Index>(x.rows() / 16, 1, 256);
  std::vector<PassOutcome> parts(static_cast<std::size_t>(n));
  const auto caller = std::this_thread::get_id();
  parallel_for(
      n, n_threads,
      [&](Index c) {
        KlRows<T> rows(k, l1, l2);
        PassOutcome& out = parts[static_cast<std::size_t>(c)];
        for (Index i = x.rows() * c / n; i < x.rows() * (c + 1) / n; ++i) {
          if (monitor.stop_requested()) return;
          const auto r = rows.run(x.row(i), right.data(), right.rows(), sums, left.col(i).data(), sweeps);
          out.objective += r.objective;
          out.violation += r.violation;
          out.change = std::max(out.change, r.change);
          if (std::this_thread::get_id() == caller) monitor.keep_going();
        }
      },
      [&] { return monitor.keep_going(); });
  PassOutcome total;
  for (const auto& p : parts) {
    total.objective += p.objective;
    total.violation += p.violation;
    total.change = std::max(total.change, p.change);
  }
  return total;
}

}  // namespace

template <class T>
Report kullback_leibler(const RowMatrix<T>& x, const RowMatrix<T>& xt, Factors<T>& f, const FactorOptions& options,
                        const Settings& settings, Monitor& monitor) {
  const auto& pen = options.penalty;
  const Index k = f.k, sweeps = std::min<Index>(options.sweeps, 2);
  Report report;
  report.engine = "kl-newton";
  const double constant = entropy(x);
  double first_violation = 0.0;
  for (Index it = 0; it < settings.max_iter; ++it) {
    const PassOutcome rows =
        visit_rows(x, f.right, f.left, k, pen.l1_left, pen.l2_left, sweeps, options.n_threads, monitor);
    const PassOutcome columns =
        visit_rows(xt, f.left, f.right, k, pen.l1_right, pen.l2_right, sweeps, options.n_threads, monitor);
    if (monitor.stop_requested()) {
      report.status = monitor.reason();
      break;
    }
    const double violation = rows.violation + columns.violation;
    double objective = columns.objective + constant;
    if (pen.l1_left != 0.0 || pen.l2_left != 0.0) {
      objective += pen.l1_left * static_cast<double>(f.left.sum()) +
                   0.5 * pen.l2_left * static_cast<double>(f.left.squaredNorm());
    }
    if (it == 0) first_violation = violation;
    report.n_iter = it + 1;
    report.objective = std::max(objective, 0.0);
    report.objective_path.push_back(report.objective);
    report.criterion = violation;
    report.threshold = settings.tol * first_violation;
    if (violation <= report.threshold) {
      report.status = Status::converged;
      break;
    }
    if (!monitor.next_iteration({it, report.objective, violation, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
  }
  report.seconds = monitor.seconds();
  return report;
}

template <class T>
void solve_left(const RowMatrix<T>& x, Factors<T>& f, bool kl, const FactorOptions& options, double tol,
                Monitor& monitor) {
  const Index k = f.k, padded = f.left.rows();
  if (kl) {
    for (int visit = 0; visit < 200; ++visit) {
      const auto out = visit_rows(x, f.right, f.left, k, options.penalty.l1_left, options.penalty.l2_left, 4,
                                  options.n_threads, monitor);
      if (out.change <= tol || monitor.stop_requested()) return;
    }
    return;
  }
  const auto used = f.right.topRows(k);
  MatrixOf<T> gram = (used.template cast<double>() * used.template cast<double>().transpose()).template cast<T>();
  gram.diagonal().array() += static_cast<T>(options.penalty.l2_left);
  const Index block = x.block_rows(), n = (x.rows() + block - 1) / block;
  parallel_for(
      n, options.n_threads,
      [&](Index b) {
        const Index at = b * block, m = std::min(block, x.rows() - at);
        MatrixOf<T> numerator(padded, m);
        x.multiply(at, m, f.right.data(), padded, numerator.data());
        numerator.array() -= static_cast<T>(options.penalty.l1_left);
        RowSweeps<T>(k).run(numerator.data(), f.left.data() + at * padded, padded, m, gram, 2000, tol);
      },
      [&] { return monitor.keep_going(); });
}

template <class T>
double divergence(const RowMatrix<T>& x, const Factors<T>& f) {
  double total = entropy(x) + row_sums(f.left, f.k).dot(row_sums(f.right, f.k));
  for (Index i = 0; i < x.rows(); ++i) {
    const auto r = x.row(i);
    for (Index e = 0; e < r.n; ++e) {
      if (!(r.values[e] > T(0))) continue;
      const double p = static_cast<double>(f.left.col(i).dot(f.right.col(r.idx ? r.idx[e] : e)));
      total -= static_cast<double>(r.values[e]) * std::log(std::max(p, 1e-30));
    }
  }
  return std::max(total, 0.0);
}

#define PAUCA_INSTANTIATE(T)                                                                                       \
  template Report kullback_leibler<T>(const RowMatrix<T>&, const RowMatrix<T>&, Factors<T>&, const FactorOptions&, \
                                      const Settings&, Monitor&);                                                  \
  template void solve_left<T>(const RowMatrix<T>&, Factors<T>&, bool, const FactorOptions&, double, Monitor&);     \
  template double divergence<T>(const RowMatrix<T>&, const Factors<T>&);
PAUCA_INSTANTIATE(float)
PAUCA_INSTANTIATE(double)
#undef PAUCA_INSTANTIATE

}  // namespace pauca::nmf
