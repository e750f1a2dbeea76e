#pragma once

#include "pauca/prox/problem.hpp"

namespace pauca::prox {

/// Iterative hard thresholding w <- H(w - G / L) (Blumensath and Davies 2009), and a fit on the support without penalty
/// whenever the support has settled. H keeps the `n_nonzero` largest of the penalised columns, or is the prox of the L0
/// penalty if that is 0. With `exchange`, SupportSearch works on the start and on every point where this ends.
Solution hard_thresholding(const Problem& problem, const Null& null, Index n_nonzero, bool exchange,
                           const Settings& settings, const bcd::Start& start, Monitor& monitor);

}  // namespace pauca::prox
