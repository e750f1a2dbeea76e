#pragma once

#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::bcd {

/// Remembers which coefficients are nonzero and when that last changed.
class SupportWatch {
 public:
  /// To be called with the coefficients after every iteration, the start included.
  template <class V>
  void look(const V& w, Index iteration) {
    bool changed = seen_.empty() && w.size() > 0 && !w.isZero(0.0);
    seen_.resize(static_cast<std::size_t>(w.size()), 0);
    const double* value = w.data();
    for (char& seen : seen_) {
      const char now = *value++ != 0.0;
      changed |= now != seen;
      seen = now;
    }
    if (changed) changed_at_ = iteration;
  }
  Index changed_at() const { return changed_at_; }

 private:
  std::vector<char> seen_;
  Index changed_at_ = 0;
};

}  // namespace pauca::bcd
