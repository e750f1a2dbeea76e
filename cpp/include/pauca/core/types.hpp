#pragma once

#include <Eigen/Core>

namespace pauca {

using Eigen::Index;

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;  // column-major, as everywhere in pauca
using IndexVector = Eigen::Matrix<Index, Eigen::Dynamic, 1>;

using VectorRef = Eigen::Ref<Vector>;
using ConstVectorRef = const Eigen::Ref<const Vector>&;
using MatrixRef = Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>;
using ConstMatrixRef = const Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>&;

}  // namespace pauca
