#pragma once

#include <cstdint>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::nmf {

/// Nonnegative counts, documents x words, compressed by rows; a view.
struct CountTable {
  const double* values = nullptr;
  const std::int32_t* words = nullptr;
  const std::int64_t* starts = nullptr;  ///< n_documents + 1
  Index n_documents = 0, n_words = 0;

  Index entries() const { return static_cast<Index>(starts[n_documents]); }
};

/// The simplex factorisation Q ~ A T in the transposed, contiguous layout that the kernels want:
/// `words` (K x n_words): words(k, c) = A[c, k] = p(word c | topic k), rows sum to one;
/// `topics` (K x n_documents): topics(k, d) = T[k, d] = p(topic k | document d), columns sum to one.
struct SimplexFactors {
  Matrix words, topics;
};

Vector document_totals(const CountTable& counts);
Vector word_totals(const CountTable& counts);

/// out (k x n_documents) = right (k x n_words) C' with the rows of C scaled by `scale` (or not, if null).
void times_documents(const CountTable& counts, ConstMatrixRef right, const double* scale, MatrixRef out);
/// out (k x n_words) = left (k x n_documents) C, likewise.
void times_words(const CountTable& counts, ConstMatrixRef left, const double* scale, MatrixRef out);

/// Divides by sums; a row or column without mass becomes uniform.
void normalise_rows(MatrixRef m);
void normalise_columns(MatrixRef m);

}  // namespace pauca::nmf
