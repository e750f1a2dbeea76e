#pragma once

#include "pauca/core/monitor.hpp"
#include "pauca/core/result.hpp"

namespace pauca::multitask {

/// Bookkeeping of rounds that lower an objective: the path, the monitor, and the rule that stops when a round lowers it
/// by less than tol relative to `null`, the objective of a zero representation.
class Rounds {
 public:
  Rounds(const char* engine, double null, const Settings& settings, Monitor& monitor)
      : null_(null), settings_(settings), monitor_(monitor) {
    report.engine = engine;
    report.threshold = settings.tol;
    report.criterion = std::numeric_limits<double>::infinity();
  }

  /// Notes the objective after a round (or of the start); false when it was the last one.
  bool next(double objective) {
    if (!report.objective_path.empty()) {
      ++report.n_iter;
      report.criterion = (report.objective - objective) / null_;
    }
    report.objective_path.push_back(objective);
    report.objective = objective;
    if (!monitor_.next_iteration({report.n_iter, objective, report.criterion, report.threshold}))
      return end(monitor_.reason());
    if (report.criterion <= settings_.tol) return end(Status::converged);
    if (report.n_iter >= settings_.max_iter) return end(Status::max_iter);
    return true;
  }

  /// Ends without the round that was begun, because the monitor asked to stop or the objective can fall no further.
  void abandon() {
    end(monitor_.stop_requested() ? monitor_.reason() : Status::converged);
    if (report.status == Status::converged) report.criterion = 0.0;
  }

  Report report;

 private:
  bool end(Status status) {
    report.status = status;
    report.seconds = monitor_.seconds();
    return false;
  }

  double null_;
  const Settings& settings_;
  Monitor& monitor_;
};

}  // namespace pauca::multitask
