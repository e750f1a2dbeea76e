#include "pauca/dag/node_moments.hpp"

#include <cmath>

namespace pauca::dag {

NodeMoments::NodeMoments(ConstMatrixRef centered_factor, double n_samples)
    : factor(centered_factor), scale(centered_factor.cols()), n(n_samples) {
  for (Index j = 0; j < factor.cols(); ++j) {
    const double norm = factor.col(j).stableNorm();
    scale[j] = norm / std::sqrt(n);
    if (norm > 0.0) factor.col(j) /= norm;
  }
  correlation.noalias() = factor.transpose() * factor;
}

}  // namespace pauca::dag
