#pragma once

#include <cmath>
#include <cstdint>

#include "pauca/core/types.hpp"

namespace pauca {

/// Counter-based generator (splitmix64): stream `s` of a seed is independent of how many threads draw from others.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0)
      : state_(mix(seed) ^ mix(stream + 0x632be59bd9b4e019ULL)) {}

  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }

  /// Uniform on [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Uniform on {0, ..., n - 1}.
  Index below(Index n) { return static_cast<Index>(uniform() * static_cast<double>(n)); }

  /// Standard normal, by the polar method.
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    double u, v, s;
    do {
      u = 2.0 * uniform() - 1.0;
      v = 2.0 * uniform() - 1.0;
      s = u * u + v * v;
    } while (s >= 1.0 || s == 0.0);
    const double f = std::sqrt(-2.0 * std::log(s) / s);
    spare_ = v * f;
    has_spare_ = true;
    return u * f;
  }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

/// Fisher-Yates.
template <class Container>
void shuffle(Container& items, Rng& rng) {
  for (Index i = static_cast<Index>(items.size()) - 1; i > 0; --i) {
    const Index j = rng.below(i + 1);
    std::swap(items[i], items[j]);
  }
}

}  // namespace pauca
