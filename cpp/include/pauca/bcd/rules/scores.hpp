#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pauca/bcd/rules/heap.hpp"
#include "pauca/bcd/rules/update.hpp"

namespace pauca::bcd::rules {

/// The score of a candidate (a block of the partition, or a coordinate) under a greedy rule; the gradient is current.
class Score {
 public:
  virtual ~Score() = default;
  /// True if a score depends on x and G of its candidate alone.
  virtual bool local() const { return true; }
  virtual double operator()(Run& run, Index candidate) = 0;
};

std::unique_ptr<Score> make_score(const std::string& name, Diagonal diagonal, Run& run, Update& update);

/// The `count` items of largest score in ascending order; equal scores go to the smallest index.
void largest(const Vector& score, Index count, Block& out);

}  // namespace pauca::bcd::rules
