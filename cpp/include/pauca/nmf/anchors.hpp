#pragma once

#include <string>
#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/core/rng.hpp"
#include "pauca/nmf/counts.hpp"

namespace pauca::nmf {

enum class Start { spa, fast_anchor, anchor_words, random };

struct AnchorStart {
  SimplexFactors factors;
  std::vector<Index> anchors;  ///< words chosen as anchors, empty for a random start
};

/// Greedy vertices of the convex hull of the columns of `points` (dimension x n): the longest column, then again and
/// again the longest after projection onto the orthogonal complement of those chosen. With `affine`, distances are
/// to the affine span: the first vertex is subtracted from all points.
std::vector<Index> greedy_vertices(Matrix points, Index k, bool affine);

/// Starting factors. With s_c = p(document | word c), a convex combination of the vertices v_k = p(document | topic k)
/// whose weights are p(topic | c):
///  - spa, fast_anchor: greedy vertices of the s_c of frequent words, denoised by the leading singular subspace;
///    weights by simplex least squares; A and T by Bayes' rule;
///  - anchor_words: greedy vertices and weights from the unbiased co-occurrence of words
///    E = mean_d (c_d c_d' - diag c_d) / (n_d (n_d - 1)), Arora et al. (2013); memory n_words^2;
///  - random: uniform draws.
AnchorStart make_start(const CountTable& counts, Index k, Start kind, Rng& rng, Monitor& monitor);

}  // namespace pauca::nmf
