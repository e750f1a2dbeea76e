#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca {

/// Calls body(i) for i in [0, n) on up to `n_threads` threads, the calling one included. The calling thread alone
/// runs `between()` after each of its items (that is where it polls a monitor); when that returns false, or a body
/// throws, remaining items are skipped. What is written must depend on i only, so that results do not depend on the
/// number of threads; where the system refuses one, those that it gave do the work.
template <class Body, class Between>
void parallel_for(Index n, int n_threads, Body&& body, Between&& between) {
  std::atomic<Index> next{0};
  std::atomic<bool> stop{false};
  std::exception_ptr error;
  std::mutex guard;
  auto work = [&](bool caller) {
    for (Index i; !stop.load(std::memory_order_relaxed) && (i = next.fetch_add(1)) < n;) {
      try {
        body(i);
        if (caller && !between()) stop = true;
      } catch (...) {
        std::lock_guard<std::mutex> lock(guard);
        if (!error) error = std::current_exception();
        stop = true;
      }
    }
  };
  std::vector<std::thread> workers;
  const Index extra = std::min<Index>(n_threads, n) - 1;
  try {
    for (Index t = 0; t < extra; ++t) workers.emplace_back(work, false);
  } catch (...) {  // the system gives no more threads, or memory for them: those there are do
  }
  work(true);
  for (auto& w : workers) w.join();
  if (error) std::rethrow_exception(error);
}

template <class Body>
void parallel_for(Index n, int n_threads, Body&& body) {
  parallel_for(n, n_threads, std::forward<Body>(body), [] { return true; });
}

}  // namespace pauca
