#pragma once

#include <atomic>
#include <chrono>

#include "pauca/core/result.hpp"

namespace pauca {

/// What a solver tells its monitor after a unit of work.
struct Progress {
  Index iteration = 0;
  double objective = 0.0;
  double criterion = 0.0;
  double threshold = 0.0;
};

/// The one door through which a running solver is watched, timed and stopped.
///
/// The calling thread calls `next_iteration` and `keep_going`; every `interval` at most they reach `poll`, which a
/// front end overrides (signals, progress bars, callbacks). Worker threads only read `stop_requested`.
class Monitor {
 public:
  using Clock = std::chrono::steady_clock;

  Monitor() = default;
  virtual ~Monitor() = default;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Starts the clock of one solve.
  void start(double max_time) {
    start_ = last_ = Clock::now();
    max_time_ = max_time;
    stop_.store(false, std::memory_order_relaxed);
    reason_ = Status::converged;
  }

  /// To be called once an outer iteration, from the solving thread; false as soon as the solve should end. A time limit
  /// shorter than `interval` is kept here, so that there is at least one iteration.
  bool next_iteration(const Progress& progress) {
    progress_ = progress;
    if (eager_) last_ = Clock::time_point{};
    if (!keep_going()) return false;
    return seconds() <= max_time_ || request_stop(Status::max_time);
  }

  /// The same inside an iteration, as often as one likes: it costs a look at the clock. `reason` tells why it ended.
  bool keep_going() {
    if (stop_requested()) return false;
    const auto now = Clock::now();
    if (now - last_ < interval) return true;
    last_ = now;
    if (!poll(progress_)) return request_stop(Status::stopped);
    if (elapsed(now) > max_time_) return request_stop(Status::max_time);
    return true;
  }

  bool stop_requested() const { return stop_.load(std::memory_order_acquire); }
  Status reason() const { return reason_; }
  double seconds() const { return elapsed(Clock::now()); }

 protected:
  /// Overridden by front ends; false asks the solver to stop.
  virtual bool poll(const Progress&) { return true; }
  /// Poll at every outer iteration, however short.
  void set_eager(bool eager) { eager_ = eager; }

 private:
  static constexpr std::chrono::milliseconds interval{40};

  double elapsed(Clock::time_point now) const { return std::chrono::duration<double>(now - start_).count(); }
  bool request_stop(Status why) {
    reason_ = why;
    stop_.store(true, std::memory_order_release);  // whoever sees the stop sees its reason
    return false;
  }

  Clock::time_point start_ = Clock::now(), last_ = Clock::now();
  Progress progress_;
  bool eager_ = false;
  double max_time_ = std::numeric_limits<double>::infinity();
  std::atomic<bool> stop_{false};
  Status reason_ = Status::converged;
};

}  // namespace pauca
