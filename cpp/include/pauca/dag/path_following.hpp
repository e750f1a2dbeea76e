#pragma once

#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/dag/constraints.hpp"
#include "pauca/dag/m_matrix.hpp"

namespace pauca::dag {

/// Schedule of the published algorithm.
struct PathFollowingOptions {
  bool equal_variance = false;
  bool mask_diagonal = true;  ///< the published code lets self-loops grow in early stages
  std::vector<double> s{1.0, 0.9, 0.8, 0.7};
  double mu = 1.0, mu_factor = 0.1;
  Index warm_iter = 20000, max_iter = 70000, checkpoint = 1000;
  double learning_rate = 3e-4, beta1 = 0.99, beta2 = 0.999;
  double tol = 1e-6;
  double noise_bound = 1e-2;  ///< sigma_0 in standard deviations of the variable; 0 as in the published code
};

struct PathFollowingResult {
  Matrix w;
  Vector sigma;
  std::vector<double> objective_path;  ///< the score (noise as estimated, penalty included) at each checkpoint
  Index n_iter = 0;
  bool converged = true;
  double h = 0.0, s = 1.0;
};

/// For mu_k = mu, mu rho, ...: Adam on  mu_k Q(W, sigma) + h_s(W),  h_s(W) = d log s - log det(sI - W o W), with sigma
/// in closed form after each step (Saboksayr, Mateos & Tepper 2024, Algorithm 1; the barrier of Bello et al. 2022).
/// With nonnegative weights W itself takes the place of W o W and each step is projected. One matrix product and one
/// pivot-free inverse an iteration; nothing is allocated inside it for d <= 128.
class PathFollowing {
 public:
  /// covariances: one, or one for each group of nodes (interventions) with group_of telling whose.
  PathFollowing(const std::vector<Matrix>& covariances, const std::vector<int>& group_of, Matrix penalties,
                const Constraints& constraints, const PathFollowingOptions& options);

  PathFollowingResult run(const Matrix& start, Monitor& monitor);

  // The pieces, for tests: score Q + penalty, its gradient (l1 by its subgradient) and the barrier.
  double score(const Matrix& w, Vector& sigma);
  void score_gradient(const Matrix& w, Matrix& gradient);
  bool barrier(const Matrix& w, double s, double& h, Matrix* gradient);

 private:
  enum class Stage { converged, limit, left_domain, stopped };

  Stage run_stage(Matrix& w, Vector& sigma, double mu, double s, double rate, Index limit, PathFollowingResult& result,
                  Monitor& monitor);
  bool invert(const Matrix& w, double s);
  void residuals(const Matrix& w);
  void update_sigma(Vector& sigma);
  void adam(Matrix& w, const Vector& sigma, double mu, double rate, Index t);
  double penalty(const Matrix& w) const;
  double data_term(const Vector& sigma) const;
  void admit(Matrix& w) const;

  const std::vector<Matrix>& covariances_;
  std::vector<std::vector<int>> columns_;  ///< nodes of each group
  Matrix penalties_;
  Matrix free_;  ///< 1 where an entry may move
  PathFollowingOptions options_;
  bool nonnegative_;
  Index d_;
  MMatrixInverse inverse_;
  Matrix m_, mt_, d_matrix_, sd_, first_, second_, step_;
  Vector q_, bound_;
};

}  // namespace pauca::dag
