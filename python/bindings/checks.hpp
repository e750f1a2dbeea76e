#pragma once

// The core takes sizes and indices on trust, so what comes from Python is looked at here, once, in one pass at most.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"

namespace pauca::python {

inline void expect(const char* name, Index got, Index wanted) {
  if (got == wanted) return;
  throw std::invalid_argument(std::string(name) + ": got " + std::to_string(got) + " entries, expected " +
                              std::to_string(wanted));
}

template <class A>
void expect_size(const char* name, const A& a, Index size) {
  expect(name, static_cast<Index>(a.size()), size);
}
template <class A>
void expect_size(const char* name, const std::optional<A>& a, Index size) {
  if (a) expect_size(name, *a, size);
}

/// A matrix; with one column it may have one dimension.
template <class A>
void expect_shape(const char* name, const A& a, Index rows, Index cols) {
  const bool fits =
      a.ndim() == 2 ? a.shape(0) == rows && a.shape(1) == cols : a.ndim() == 1 && a.shape(0) == rows && cols == 1;
  if (!fits)
    throw std::invalid_argument(std::string(name) + ": expected shape (" + std::to_string(rows) + ", " +
                                std::to_string(cols) + ")");
}

template <class A>
void expect_matrix(const char* name, const A& a) {
  if (a.ndim() != 2) throw std::invalid_argument(std::string(name) + ": expected a two-dimensional array");
}

/// Every entry in [0, limit).
template <class A>
void expect_indices(const char* name, const A& a, Index limit) {
  for (Index i = 0; i < static_cast<Index>(a.size()); ++i) {
    const auto at = static_cast<Index>(a.data()[i]);
    if (at < 0 || at >= limit)
      throw std::invalid_argument(std::string(name) + ": got index " + std::to_string(at) + ", expected 0 to " +
                                  std::to_string(limit - 1));
  }
}

template <class A>
void expect_distinct(const char* name, const A& a, Index limit) {
  expect_indices(name, a, limit);
  std::vector<char> seen(static_cast<std::size_t>(limit), 0);
  for (Index i = 0; i < static_cast<Index>(a.size()); ++i)
    if (std::exchange(seen[static_cast<std::size_t>(a.data()[i])], 1))
      throw std::invalid_argument(std::string(name) + ": an index comes twice");
}

/// Starts of consecutive runs that cover [0, total): 0, ..., total, never falling.
template <class A>
void expect_starts(const char* name, const A& starts, Index total) {
  bool ok =
      starts.size() >= 1 && starts.data()[0] == 0 && static_cast<Index>(starts.data()[starts.size() - 1]) == total;
  for (Index i = 1; ok && i < static_cast<Index>(starts.size()); ++i) ok = starts.data()[i] >= starts.data()[i - 1];
  if (!ok) throw std::invalid_argument(std::string(name) + ": expected numbers from 0 up to " + std::to_string(total));
}

/// Compressed rows or columns with `limit` columns or rows: scipy's arrays may be longer than what is in use.
template <class V, class I, class S>
void expect_compressed(const V& values, const I& indices, const S& starts, Index limit) {
  require(limit >= 0, "shape: expected no negative number");
  require(starts.size() >= 1, "indptr: expected at least one entry");
  const auto used = static_cast<Index>(starts.data()[starts.size() - 1]);
  expect_starts("indptr", starts, used);
  require(values.size() >= used && indices.size() >= used, "indptr: refers to more entries than there are");
  const auto* at = indices.data();
  std::uint64_t beyond = 0;  // a negative index is a huge one here
  for (Index k = 0; k < used; ++k) beyond = std::max(beyond, static_cast<std::uint64_t>(at[k]));
  require(used == 0 || beyond < static_cast<std::uint64_t>(limit), "indices: one is out of range");
}

}  // namespace pauca::python
