#pragma once

#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::bcd::graph {

/// A sparse symmetric matrix, both triangles stored, by rows: the diagonal apart from the neighbours.
struct SparseSymmetric {
  std::vector<Index> begin;      ///< size n + 1
  std::vector<Index> neighbour;  ///< columns of the off-diagonal entries
  std::vector<double> weight;    ///< their values
  Vector diagonal;

  Index size() const { return diagonal.size(); }
};

/// From compressed rows (any order within a row, duplicates summed beforehand).
template <class I>
SparseSymmetric from_rows(const double* values, const I* indices, const I* indptr, Index n) {
  SparseSymmetric q;
  q.diagonal.setZero(n);
  q.begin.reserve(n + 1);
  q.begin.push_back(0);
  q.neighbour.reserve(indptr[n]);
  q.weight.reserve(indptr[n]);
  for (Index i = 0; i < n; ++i) {
    for (I k = indptr[i]; k < indptr[i + 1]; ++k) {
      if (indices[k] == i) {
        q.diagonal[i] += values[k];
      } else if (values[k] != 0.0) {
        q.neighbour.push_back(static_cast<Index>(indices[k]));
        q.weight.push_back(values[k]);
      }
    }
    q.begin.push_back(static_cast<Index>(q.neighbour.size()));
  }
  return q;
}

}  // namespace pauca::bcd::graph
