#include "pauca/core/symmetric_eigen.hpp"

#include <Eigen/Eigenvalues>

namespace pauca {

SymmetricEigen::SymmetricEigen(const Matrix& a, Vectors vectors) {
  const bool wanted = vectors == Vectors::wanted;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(a, wanted ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  values_ = solver.eigenvalues();
  if (wanted) vectors_ = solver.eigenvectors();
}

}  // namespace pauca
