// Directed acyclic graphs: order search, path following, certificates and repair.

#include <memory>

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/dag/bic_score.hpp"
#include "pauca/dag/colide_score.hpp"
#include "pauca/dag/graph.hpp"
#include "pauca/dag/order_search.hpp"
#include "pauca/dag/path_following.hpp"
#include "pauca/dag/top_down.hpp"

namespace pauca::python {
namespace {

using namespace pauca::dag;

/// Moments, constraints and score, gathered once from Python. Scores keep references into it: it must stay in place.
struct GraphProblem {
  MomentGroups moments;
  Constraints constraints;
  std::unique_ptr<NodeScore> score;

  GraphProblem(const std::vector<FArray<double>>& factors, const std::vector<double>& counts, std::vector<int> group_of,
               const FArray<std::uint8_t>& edge, std::vector<int> tier, bool nonnegative) {
    require(!factors.empty() && factors.size() == counts.size(), "factors: expected one sample count for each factor");
    for (const auto& f : factors) {
      expect_matrix("factors", f);
      expect_matrix("edge", edge);
      expect("factors", f.shape(1), edge.shape(0));
    }
    if (!group_of.empty()) expect_size("group_of", group_of, edge.shape(1));
    expect_indices("group_of", group_of, static_cast<Index>(factors.size()));
    for (std::size_t g = 0; g < factors.size(); ++g) moments.groups.emplace_back(matrix_view(factors[g]), counts[g]);
    moments.group_of = std::move(group_of);
    constraints.edge = matrix_view(edge);
    constraints.tier = std::move(tier);
    constraints.nonnegative = nonnegative;
    require(constraints.n_variables() == moments.groups.front().size() &&
                constraints.n_nodes() <= constraints.n_variables() &&
                static_cast<Index>(constraints.tier.size()) == constraints.n_nodes(),
            "edge, tier: sizes do not match the factor");
  }
  GraphProblem(const GraphProblem&) = delete;

  /// One number for each (parent, child).
  void expect_edges(const char* name, const FArray<double>& a) const {
    expect_shape(name, a, constraints.n_variables(), constraints.n_nodes());
  }

  void use_bic(bool equal, double kappa, Index max_parents) {
    score = std::make_unique<BicScore>(moments, constraints, equal, kappa, max_parents);
  }
  void use_colide(bool equal, Matrix penalties, double bound) {
    score = std::make_unique<ColideScore>(moments, constraints, equal, std::move(penalties), bound);
  }
  NodeScore& chosen() {
    require(score != nullptr, "score: call use_bic or use_colide first");
    return *score;
  }
  BicScore& bic() {
    auto* found = dynamic_cast<BicScore*>(score.get());
    require(found != nullptr, "score: expected BIC");
    return *found;
  }
};

py::dict to_python(const std::vector<NodeFit>& fits, Index variables) {
  Matrix w = Matrix::Zero(variables, static_cast<Index>(fits.size()));
  Vector q(static_cast<Index>(fits.size()));
  for (Index j = 0; j < w.cols(); ++j) {
    q[j] = fits[j].residual_variance;
    for (std::size_t k = 0; k < fits[j].parents.size(); ++k) w(fits[j].parents[k], j) = fits[j].weights[k];
  }
  py::dict d;
  d["weights"] = to_numpy(w);
  d["residual_variance"] = to_numpy(q);
  return d;
}

PathFollowingOptions schedule(bool equal, bool mask_diagonal, std::vector<double> s, double mu, double mu_factor,
                              Index warm_iter, Index max_iter, Index checkpoint, double rate, double beta1,
                              double beta2, double tol, double noise_bound) {
  PathFollowingOptions o;
  o.equal_variance = equal;
  o.mask_diagonal = mask_diagonal;
  o.s = std::move(s);
  o.mu = mu, o.mu_factor = mu_factor;
  o.warm_iter = warm_iter, o.max_iter = max_iter, o.checkpoint = checkpoint;
  o.learning_rate = rate, o.beta1 = beta1, o.beta2 = beta2;
  o.tol = tol;
  o.noise_bound = noise_bound;
  return o;
}

}  // namespace

void register_dag(py::module_& m) {
  py::class_<GraphProblem>(m, "GraphProblem", py::module_local())
      .def(py::init<const std::vector<FArray<double>>&, const std::vector<double>&, std::vector<int>,
                    const FArray<std::uint8_t>&, std::vector<int>, bool>(),
           py::arg("factors"), py::arg("counts"), py::arg("group_of"), py::arg("edge"), py::arg("tier"),
           py::arg("nonnegative"))
      .def("use_bic", &GraphProblem::use_bic, py::arg("equal_variance"), py::arg("kappa"), py::arg("max_parents"))
      .def(
          "use_colide",
          [](GraphProblem& g, bool equal, const FArray<double>& penalties, double bound) {
            g.expect_edges("penalties", penalties);
            g.use_colide(equal, matrix_view(penalties), bound);
          },
          py::arg("equal_variance"), py::arg("penalties"), py::arg("noise_bound"))
      .def(
          "top_down",
          [](GraphProblem& g, const FArray<double>& factor) {
            expect_matrix("factor", factor);
            expect("factor", factor.shape(1), g.constraints.n_variables());
            return run_released(py::none(), [&](Monitor& monitor) {
              return top_down_order(matrix_view(factor), g.constraints, monitor);
            });
          },
          py::arg("factor"))
      .def("sparse_top_down",
           [](GraphProblem& g) {
             return run_released(py::none(),
                                 [&](Monitor& monitor) { return sparse_top_down_order(g.chosen(), monitor); });
           })
      .def("by_variance",
           [](GraphProblem& g) {
             return variance_order(g.moments.groups.front().scale.head(g.constraints.n_nodes()), g.constraints);
           })
      .def(
          "search",
          [](GraphProblem& g, const std::vector<std::vector<int>>& starts, int restarts, int patience, Index max_passes,
             bool move, std::uint64_t seed, double max_time, py::object callback) {
            Report report;
            require(!starts.empty(), "starts: expected at least one order");
            for (const auto& order : starts) {
              expect_size("starts", order, g.constraints.n_nodes());
              expect_distinct("starts", order, g.constraints.n_nodes());
            }
            OrderSearchOptions options;
            options.n_restarts = restarts, options.patience = patience, options.max_passes = max_passes,
            options.move = move, options.seed = seed;
            OrderSolution s = run_released(std::move(callback), [&](Monitor& monitor) {
              monitor.start(max_time);
              OrderSearch search(g.chosen(), monitor, options);
              OrderSolution found = search.run(starts, report.objective_path);
              report.n_iter = search.passes();
              report.status = search.finished()          ? Status::converged
                              : monitor.stop_requested() ? monitor.reason()
                                                         : Status::max_iter;
              report.seconds = monitor.seconds();
              return found;
            });
            report.objective = s.objective;
            report.criterion = 0.0;
            py::dict d = to_dict(report);
            d.attr("update")(to_python(s.fits, g.constraints.n_variables()));
            d["order"] = s.order;
            return d;
          },
          py::arg("starts"), py::arg("restarts"), py::arg("patience"), py::arg("max_passes"), py::arg("move"),
          py::arg("seed"), py::arg("max_time"), py::arg("callback"))
      .def(
          "repair",
          [](GraphProblem& g, const FArray<double>& w, const FArray<double>& strength) {
            g.expect_edges("w", w);
            g.expect_edges("strength", strength);
            return to_numpy(greedy_repair(matrix_view(w), matrix_view(strength), g.constraints));
          },
          py::arg("w"), py::arg("strength"))
      .def(
          "refit",
          [](GraphProblem& g, const FArray<double>& w) {
            g.expect_edges("w", w);
            const auto support = matrix_view(w);
            std::vector<NodeFit> fits(static_cast<std::size_t>(g.constraints.n_nodes()));
            for (Index j = 0; j < support.cols(); ++j) {
              std::vector<int> parents;
              for (Index i = 0; i < support.rows(); ++i) {
                if (support(i, j) != 0.0) parents.push_back(static_cast<int>(i));
              }
              g.bic().fit_exactly(j, parents, fits[j]);
            }
            return to_python(fits, g.constraints.n_variables());
          },
          py::arg("w"));

  m.def(
      "topological_order",
      [](const FArray<double>& w) {
        expect_matrix("w", w);
        expect_shape("w", w, w.shape(0), w.shape(0));
        return topological_order(matrix_view(w));
      },
      py::arg("w"));

  m.def(
      "path_following",
      [](const std::vector<FArray<double>>& covariances, const std::vector<int>& group_of,
         const FArray<double>& penalties, const FArray<std::uint8_t>& edge, const std::vector<int>& tier,
         bool nonnegative, bool equal, bool mask_diagonal, std::vector<double> s, double mu, double mu_factor,
         Index warm_iter, Index max_iter, Index checkpoint, double rate, double beta1, double beta2, double tol,
         double noise_bound, const FArray<double>& start, double max_time, py::object callback) {
        require(!covariances.empty() && !s.empty(), "covariances, s: expected at least one of each");
        expect_matrix("edge", edge);
        const Index d = edge.shape(0);
        for (const auto& c : covariances) expect_shape("covariances", c, d, d);
        expect_shape("edge", edge, d, d);
        expect_shape("penalties", penalties, d, d);
        expect_shape("start", start, d, d);
        expect_size("tier", tier, d);
        if (!group_of.empty()) expect_size("group_of", group_of, d);
        expect_indices("group_of", group_of, static_cast<Index>(covariances.size()));
        std::vector<Matrix> cov;
        for (const auto& c : covariances) cov.emplace_back(matrix_view(c));
        const Constraints constraints{matrix_view(edge), tier, nonnegative};
        PathFollowing solver(cov, group_of, matrix_view(penalties), constraints,
                             schedule(equal, mask_diagonal, std::move(s), mu, mu_factor, warm_iter, max_iter,
                                      checkpoint, rate, beta1, beta2, tol, noise_bound));
        Report report;
        PathFollowingResult r = run_released(std::move(callback), [&](Monitor& monitor) {
          monitor.start(max_time);
          auto result = solver.run(matrix_view(start), monitor);
          report.status = monitor.stop_requested() ? monitor.reason()
                          : result.converged       ? Status::converged
                                                   : Status::max_iter;
          report.seconds = monitor.seconds();
          return result;
        });
        report.n_iter = r.n_iter;
        report.objective_path = r.objective_path;
        if (!r.objective_path.empty()) report.objective = r.objective_path.back();
        report.criterion = r.h;
        report.engine = "adam";
        py::dict out = to_dict(report);
        out["w"] = to_numpy(r.w);
        out["sigma"] = to_numpy(r.sigma);
        out["h"] = r.h;
        out["s"] = r.s;
        return out;
      },
      py::kw_only(), py::arg("covariances"), py::arg("group_of"), py::arg("penalties"), py::arg("edge"),
      py::arg("tier"), py::arg("nonnegative"), py::arg("equal_variance"), py::arg("mask_diagonal"), py::arg("s"),
      py::arg("mu"), py::arg("mu_factor"), py::arg("warm_iter"), py::arg("max_iter"), py::arg("checkpoint"),
      py::arg("learning_rate"), py::arg("beta1"), py::arg("beta2"), py::arg("tol"), py::arg("noise_bound"),
      py::arg("start"), py::arg("max_time"), py::arg("callback"));

  // The pieces of path following, for tests: (score, its gradient, h or None outside the domain, its gradient).
  m.def(
      "path_following_pieces",
      [](const FArray<double>& covariance, const FArray<double>& penalties, const FArray<double>& w, double s,
         bool equal, bool nonnegative) {
        expect_matrix("covariance", covariance);
        const Index d = covariance.shape(0);
        expect_shape("covariance", covariance, d, d);
        expect_shape("penalties", penalties, d, d);
        expect_shape("w", w, d, d);
        std::vector<Matrix> cov{matrix_view(covariance)};
        Constraints constraints;
        constraints.edge.setZero(d, d);
        constraints.tier.assign(static_cast<std::size_t>(d), 0);
        constraints.nonnegative = nonnegative;
        PathFollowingOptions options;
        options.equal_variance = equal;
        options.mask_diagonal = false;
        PathFollowing solver(cov, {}, matrix_view(penalties), constraints, options);
        Matrix gradient(d, d), h_gradient(d, d);
        Vector sigma(d);
        double h = 0.0;
        const Matrix at = matrix_view(w);
        const double score = solver.score(at, sigma);
        solver.score_gradient(at, gradient);
        const bool inside = solver.barrier(at, s, h, &h_gradient);
        return py::make_tuple(score, to_numpy(gradient), inside ? py::cast(h) : py::none(),
                              inside ? py::object(to_numpy(h_gradient)) : py::object(py::none()));
      },
      py::arg("covariance"), py::arg("penalties"), py::arg("w"), py::arg("s"), py::arg("equal_variance"),
      py::arg("nonnegative"));
}

}  // namespace pauca::python
