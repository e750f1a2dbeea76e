#include "pauca/dag/node_moments.hpp"

#include <Eigen/Cholesky>
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

Vector NodeMoments::least_rss() const {
  constexpr double rounding = 1e-9;  // pivots below it say nothing
  Matrix live = correlation;
  for (Index j = 0; j < size(); ++j) {
    if (scale[j] == 0.0) live(j, j) = 1.0;
  }
  const Eigen::LLT<Eigen::Ref<Matrix>> cholesky(live);
  Vector least = Vector::Zero(size());
  if (cholesky.info() != Eigen::Success || live.diagonal().minCoeff() < std::sqrt(rounding)) return least;
  // (C^{-1})_jj is the squared norm of column j of L^{-1}.
  Matrix inverse = Matrix::Identity(size(), size());
  cholesky.matrixL().solveInPlace(inverse);
  least = 0.99 * inverse.colwise().squaredNorm().cwiseInverse().transpose();
  return least;
}

}  // namespace pauca::dag
