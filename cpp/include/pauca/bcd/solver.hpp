#pragma once

#include <memory>
#include <string>

#include "pauca/bcd/problem.hpp"
#include "pauca/bcd/subproblem.hpp"
#include "pauca/bcd/support_watch.hpp"

namespace pauca::bcd {

/// Greedy block coordinate descent with working sets.
///
/// Outer iterations compute the gradient, certify it, and hand the coordinates that violate optimality most,
/// together with the support, to a Subproblem; losses that are not quadratic are modelled by their curvature and
/// the step is damped until it decreases F.
template <class P>
class Solver {
 public:
  Solver(const Problem& problem, P penalty, const Options& options)
      : problem_(problem), separable_(penalty, problem.penalty), scalar_(penalty), options_(options) {}

  NullModel null_model(Monitor& monitor);
  Solution solve(const Settings& settings, const Start& start, Monitor& monitor);
  /// Solutions along a list of strengths, each started from the last.
  Path path(const std::vector<double>& alphas, const Settings& settings, Monitor& monitor);

 private:
  struct State {
    Vector w, eta, u, gradient;
    double intercept = 0.0, objective = 0.0;
  };
  /// A state on its way, and what is known about it.
  struct Walk {
    State state;
    std::vector<Index> scope;     ///< columns that are looked at
    bool full = false;            ///< whether the figures below cover all columns
    bool gradient_known = false;  ///< whether the gradient on the scope is that of the state
    double worst = 0.0;           ///< KKT violation
    double figure = 0.0;          ///< what is compared with the tolerance
    SupportWatch support = {};
  };
  struct Goal {
    double level;    ///< largest figure
    double share;    ///< or this share of the objective
    bool certified;  ///< the figure is the duality gap, otherwise the KKT violation
    bool whole;      ///< the figure has to cover all columns
  };

  State state_at(const Vector& coef, double intercept) const;
  State resume(const Start& start) const;
  Status converge(Walk& walk, const Goal& goal, Report& report, Index max_iter, Monitor& monitor);
  enum class Relaxed { no, partly, done };
  Relaxed relax(Walk& walk, const Goal& goal, double fine, Report& report, Index max_iter, Monitor& monitor);
  bool relaxes(bool certified) const;
  void polish(Walk& walk, double unit, Monitor& monitor);
  void certify(Walk& walk, bool certified, Report& report, Monitor& monitor);
  std::vector<Index> narrow(const State& s, double share) const;
  void complete_gradient(Walk& walk, const std::vector<Index>& covered, const Vector& there, Monitor& monitor) const;
  void set_strength(double alpha);
  double threshold(const Settings& settings, const NullModel& null, bool certified) const;
  void refresh(State& s) const;
  double objective(const State& s) const;
  void gradient(State& s, const std::vector<Index>& scope, Monitor& monitor) const;
  double violation(const State& s, const std::vector<Index>& scope) const;
  double dual_gap(const State& s, const std::vector<Index>& scope) const;
  bool certifiable(const NullModel& null) const;
  bool step(State& s, const std::vector<Index>& working, double target, Monitor& monitor);
  bool damped_update(State& s, const Vector& before, const std::vector<Index>& working);
  std::vector<Index> working_set(const State& s, const std::vector<Index>& scope) const;
  std::vector<Index> all_columns() const;
  void choose_engine(std::size_t working);
  Curvature curvature_of_rows() const;
  void set_lambda(double lambda);
  double unit(double lambda, const NullModel& null) const;
  void measure_curvature(const State& s, Monitor& monitor);

  Problem problem_;
  Separable<P> separable_;
  P scalar_;
  Options options_;
  std::unique_ptr<Subproblem<P>> subproblem_;
  Vector curvature_, touching_, column_curvature_;
  double blend_ = 0.0;        // share of the touching curvature in models of losses with straight pieces
  double step_length_ = 1.0;  // of the last damped update
  std::unique_ptr<Coupling> coupling_;
  double inner_accuracy_ = 0.2;  // violation left on a working set, relative to the outer violation
  Vector null_gradient_;         // where a cold start begins
};

}  // namespace pauca::bcd

#include "pauca/bcd/path.ipp"
#include "pauca/bcd/relaxation.ipp"
#include "pauca/bcd/solver.ipp"
