#pragma once

#include <limits>
#include <string>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca {

/// Why a solver returned.
enum class Status {
  converged,  ///< the stopping criterion was met
  max_iter,   ///< the iteration limit came first
  max_time,   ///< the time limit came first
  stopped,    ///< a callback asked to stop
  stalled,    ///< no further progress is possible in the arithmetic used
};

inline const char* to_string(Status s) {
  switch (s) {
    case Status::converged:
      return "converged";
    case Status::max_iter:
      return "max_iter";
    case Status::max_time:
      return "max_time";
    case Status::stopped:
      return "stopped";
    case Status::stalled:
      return "stalled";
  }
  return "unknown";
}

/// What every iterative solver of pauca is told about stopping.
struct Settings {
  double tol = 1e-8;      ///< relative tolerance; each solver documents relative to what
  Index max_iter = 1000;  ///< outer iterations
  double max_time = std::numeric_limits<double>::infinity();  ///< seconds
};

/// What every iterative solver of pauca reports beside its solution.
struct Report {
  Status status = Status::max_iter;
  Index n_iter = 0;
  double objective = std::numeric_limits<double>::quiet_NaN();
  double criterion = std::numeric_limits<double>::quiet_NaN();  ///< the figure compared with `threshold`
  double threshold = 0.0;
  double dual_gap = std::numeric_limits<double>::quiet_NaN();
  double kkt_violation = std::numeric_limits<double>::quiet_NaN();
  double seconds = 0.0;
  std::string engine;                  ///< what ran
  std::vector<double> objective_path;  ///< one value an outer iteration
};

}  // namespace pauca
