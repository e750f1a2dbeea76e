#include "pauca/core/cholesky.hpp"

#include <Eigen/Cholesky>

namespace pauca {

bool cholesky_in_place(MatrixRef a, Monitor& monitor) {
  constexpr Index width = 128;
  const Index n = a.rows();
  for (Index k = 0; k < n; k += width) {
    const Index w = std::min(width, n - k), below = n - k - w;
    auto diagonal = a.block(k, k, w, w);
    const auto done = a.block(k, 0, w, k);
    if (k > 0) diagonal.template triangularView<Eigen::Lower>() -= done * done.transpose();
    MatrixRef in_place(diagonal);
    if (Eigen::LLT<MatrixRef, Eigen::Lower>(in_place).info() != Eigen::Success) return false;
    if (below > 0) {
      auto panel = a.block(k + w, k, below, w);
      if (k > 0) panel.noalias() -= a.block(k + w, 0, below, k) * done.transpose();
      diagonal.template triangularView<Eigen::Lower>().transpose().template solveInPlace<Eigen::OnTheRight>(panel);
    }
    if (!monitor.keep_going()) return false;
  }
  return true;
}

}  // namespace pauca
