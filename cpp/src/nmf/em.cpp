#include "pauca/nmf/em.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "pauca/core/parallel.hpp"

namespace pauca::nmf {
namespace {

constexpr Index between_looks = 16;  // documents between two looks at the monitor

/// Documents [first, last) of one round for K = N compile-time (or Dynamic) topics; their log-likelihood if `valued`.
template <int N>
double accumulate(const CountTable& c, Index first, Index last, const SimplexFactors& from, double smoothing,
                  bool valued, Matrix& words, Matrix& topics) {
  using Vec = Eigen::Matrix<double, N, 1>;
  const Index k = from.words.rows();
  const double* a = from.words.data();
  double* to = words.data();
  double value = 0.0;
  Vec gained(k);
  for (Index d = first; d < last; ++d) {
    const Vec t = Eigen::Map<const Vec>(from.topics.data() + d * k, k);
    gained.setZero();
    for (auto e = c.starts[d]; e < c.starts[d + 1]; ++e) {
      if (c.values[e] <= 0.0) continue;
      const Index w = c.words[e];
      const Eigen::Map<const Vec> column(a + w * k, k);
      const double p = column.dot(t);
      if (p <= 0.0) continue;  // a word that no topic has: it carries no information on the weights
      const double r = c.values[e] / p;
      if (valued) value += c.values[e] * std::log(p);
      gained += r * column;
      Eigen::Map<Vec>(to + w * k, k) += r * t;
    }
    Eigen::Map<Vec>(topics.data() + d * k, k) = t.cwiseProduct(gained).array() + smoothing;
  }
  return value;
}

template <class Body>
void with_width(Index k, Body&& body) {
  switch (k) {
    case 2:
      return body(std::integral_constant<int, 2>{});
    case 4:
      return body(std::integral_constant<int, 4>{});
    case 8:
      return body(std::integral_constant<int, 8>{});
    case 10:
      return body(std::integral_constant<int, 10>{});
    case 12:
      return body(std::integral_constant<int, 12>{});
    case 16:
      return body(std::integral_constant<int, 16>{});
    case 20:
      return body(std::integral_constant<int, 20>{});
    default:
      return body(std::integral_constant<int, Eigen::Dynamic>{});
  }
}

double dot(const SimplexFactors& a, const SimplexFactors& b) {
  return a.words.cwiseProduct(b.words).sum() + a.topics.cwiseProduct(b.topics).sum();
}

}  // namespace

ExpectationMaximisation::ExpectationMaximisation(const CountTable& counts, const EmOptions& options)
    : counts_(counts), options_(options), total_(document_totals(counts).sum()) {
  // A fixed partition of the documents, so that sums do not depend on the number of threads.
  const Index n = std::clamp<Index>(counts.entries() / 200000, 1, std::min<Index>(16, counts.n_documents));
  chunks_.resize(static_cast<std::size_t>(n));
}

/// One round; returns L of `from` if `valued` (logarithms cost as much as the rest). What it leaves is of no use once
/// the monitor asks to stop.
double ExpectationMaximisation::round(const SimplexFactors& from, SimplexFactors& to, bool valued, Monitor& monitor) {
  const Index n = static_cast<Index>(chunks_.size()), k = from.words.rows();
  to.words.resizeLike(from.words);
  to.topics.resizeLike(from.topics);
  std::vector<double> values(chunks_.size());
  const auto caller = std::this_thread::get_id();
  with_width(k, [&](auto width) {
    parallel_for(
        n, options_.n_threads,
        [&](Index i) {
          const bool polls = std::this_thread::get_id() == caller;
          Matrix& words = chunks_[static_cast<std::size_t>(i)];
          words.setZero(k, counts_.n_words);
          const Index last = counts_.n_documents * (i + 1) / n;
          double value = 0.0;
          for (Index d = counts_.n_documents * i / n; d < last; d += between_looks) {
            if (polls ? !monitor.keep_going() : monitor.stop_requested()) return;
            value += accumulate<decltype(width)::value>(counts_, d, std::min(d + between_looks, last), from,
                                                        options_.smoothing, valued, words, to.topics);
          }
          values[static_cast<std::size_t>(i)] = value;
        },
        [&] { return monitor.keep_going(); });
  });
  if (monitor.stop_requested()) return std::numeric_limits<double>::quiet_NaN();
  double value = values[0];
  to.words = chunks_[0];
  for (std::size_t i = 1; i < chunks_.size(); ++i) {
    value += values[i];
    to.words += chunks_[i];
  }
  to.words.array() *= from.words.array();
  normalise_rows(to.words);
  normalise_columns(to.topics);
  return value;
}

/// SQUAREM: x0 - 2 s r + s^2 v with r = x1 - x0, v = x2 - 2 x1 + x0 and s = -||r|| / ||v||, made positive.
double ExpectationMaximisation::extrapolate(const SimplexFactors& x0, const SimplexFactors& x1,
                                            const SimplexFactors& x2, SimplexFactors& out) {
  out.words = x1.words - x0.words;
  out.topics = x1.topics - x0.topics;
  const double rr = dot(out, out);
  SimplexFactors v{x2.words - x1.words - out.words, x2.topics - x1.topics - out.topics};
  const double vv = dot(v, v);
  if (!(vv > 0.0)) return 1.0;
  const double s = std::min(std::sqrt(rr / vv), 64.0);
  if (s <= 1.0) return 1.0;
  out.words = (x0.words + 2.0 * s * out.words + s * s * v.words).cwiseMax(0.1 * x2.words);
  out.topics = (x0.topics + 2.0 * s * out.topics + s * s * v.topics).cwiseMax(0.1 * x2.topics);
  normalise_rows(out.words);
  normalise_columns(out.topics);
  return s;
}

Report ExpectationMaximisation::run(SimplexFactors& f, const Settings& settings, Monitor& monitor) {
  Report report;
  report.engine = options_.accelerate ? "em-squarem" : "em";
  report.threshold = settings.tol;
  report.criterion = std::numeric_limits<double>::infinity();
  const double scale = total_ > 0.0 ? total_ : 1.0;
  SimplexFactors x1, x2, leap;
  double before = std::numeric_limits<double>::quiet_NaN();
  Index rounds = 0;
  auto note = [&](double value, Index gap) {
    report.objective_path.push_back(value / scale);
    report.objective = value / scale;
    if (report.objective_path.size() > 1) report.criterion = (value - before) / scale / static_cast<double>(gap);
    before = value;
    report.n_iter = rounds;
    return monitor.next_iteration({rounds, report.objective, report.criterion, settings.tol});
  };
  bool going = true;
  if (!options_.accelerate) {
    while (rounds < settings.max_iter && going) {
      const double value = round(f, x1, rounds % 10 == 0, monitor);
      if (monitor.stop_requested()) going = false;
      if (!going) break;
      if (rounds % 10 == 0) {
        going = note(value, 10);
        if (rounds > 0 && report.criterion < settings.tol) {
          report.status = Status::converged;
          break;
        }
      }
      std::swap(f, x1);
      ++rounds;
    }
  } else {
    // A cycle: two rounds from f, a leap, and a fall back onto the second round where the leap lowers L.
    while (rounds < settings.max_iter && going) {
      const double value = round(f, x1, true, monitor);
      const double second = monitor.stop_requested() ? value : round(x1, x2, true, monitor);
      if (monitor.stop_requested()) {
        going = false;
        break;
      }
      rounds += 2;
      going = note(value, 2);
      if (rounds > 2 && report.criterion < settings.tol) {
        report.status = Status::converged;
        std::swap(f, x2);
        break;
      }
      if (extrapolate(f, x1, x2, leap) > 1.0 && log_likelihood(counts_, leap) >= second) {
        std::swap(f, leap);
      } else {
        std::swap(f, x2);
      }
    }
  }
  report.n_iter = rounds;
  if (!going) report.status = monitor.reason();
  if (report.status != Status::stopped) {  // who stops does not wait for it
    report.objective = log_likelihood(counts_, f) / scale;
    report.objective_path.push_back(report.objective);
  }
  report.seconds = monitor.seconds();
  return report;
}

Index ExpectationMaximisation::rounds_for(const CountTable& held_out, SimplexFactors& f, Index max_iter,
                                          Monitor& monitor) {
  SimplexFactors next, best = f;
  double highest = log_likelihood(held_out, f);
  Index best_round = 0;
  for (Index r = 1; r <= max_iter; ++r) {
    round(f, next, false, monitor);
    if (monitor.stop_requested()) break;
    std::swap(f, next);
    const double value = log_likelihood(held_out, f);
    if (value > highest) {
      highest = value;
      best_round = r;
      best = f;
    } else if (r >= best_round + 5) {
      break;
    }
  }
  f = best;
  return best_round;
}

double log_likelihood(const CountTable& c, const SimplexFactors& f) {
  double value = 0.0;
  for (Index d = 0; d < c.n_documents; ++d) {
    for (auto e = c.starts[d]; e < c.starts[d + 1]; ++e) {
      if (c.values[e] <= 0.0) continue;
      value += c.values[e] * std::log(std::max(f.words.col(c.words[e]).dot(f.topics.col(d)), 1e-300));
    }
  }
  return value;
}

void lift_zeros(SimplexFactors& f) {
  f.words = f.words.cwiseMax(1e-4 / static_cast<double>(f.words.cols()));
  f.topics = f.topics.cwiseMax(1e-3 / static_cast<double>(f.topics.rows()));
  normalise_rows(f.words);
  normalise_columns(f.topics);
}

}  // namespace pauca::nmf
