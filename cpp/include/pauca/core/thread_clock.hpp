#pragma once

#include <chrono>
#include <ctime>

namespace pauca {

/// Processor seconds of the calling thread, which other programs do not lengthen; wall-clock seconds where the system
/// does not tell. Only differences mean something.
inline double thread_seconds() {
#ifdef CLOCK_THREAD_CPUTIME_ID
  timespec now{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0)
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
#endif
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace pauca
