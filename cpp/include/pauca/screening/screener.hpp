#pragma once

#include <memory>

#include "pauca/core/types.hpp"
#include "pauca/screening/criterion.hpp"

namespace pauca::screening {

enum class Kind : signed char { unknown = -1, continuous = 0, discrete = 1 };

/// Columns of a matrix in any layout; strides count entries. `first` is the position of its first column among all
/// features: random numbers are keyed by it, so that scores do not depend on how features are cut into blocks.
template <class T>
struct Block {
  const T* data;
  Index rows, cols, row_stride, col_stride;
  Index first = 0;
};

struct BlockScores {
  Vector score;
  IndexVector levels;    ///< number of distinct values of a discrete feature, 0 for a continuous one
  IndexVector observed;  ///< rows without a missing value
  Matrix null;           ///< scores after permutations of the rows, one row a permutation
};

/// Scores columns of data against one target. Missing values (NaN) are deleted pairwise: such a feature is scored on
/// its observed rows, for which the target is prepared anew.
class Screener {
 public:
  Screener(Vector y, Kind kind, const Options& options);

  Index rows() const { return y_.size(); }
  int target_levels() const { return levels_; }

  /// `kinds` has one entry a column, or is null where all are unknown.
  template <class T>
  BlockScores score(const Block<T>& x, const Kind* kinds, Index permutations, int n_threads, Monitor& monitor) const;

 private:
  struct Prepared {
    std::unique_ptr<Criterion> criterion;
    std::unique_ptr<NormalScores> ranks;
  };
  Prepared prepare(Vector y, std::vector<int> codes) const;
  void score_column(Vector& column, Kind kind, Index feature, Index k, Scratch& scratch, BlockScores& out) const;

  Options options_;
  Vector y_;
  std::vector<int> codes_;
  int levels_ = 0;
  Prepared whole_;
};

extern template BlockScores Screener::score(const Block<float>&, const Kind*, Index, int, Monitor&) const;
extern template BlockScores Screener::score(const Block<double>&, const Kind*, Index, int, Monitor&) const;

}  // namespace pauca::screening
