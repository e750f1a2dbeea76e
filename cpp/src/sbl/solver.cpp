#include "pauca/sbl/solver.hpp"

#include <cmath>
#include <string>
#include <thread>

#include "pauca/core/errors.hpp"
#include "pauca/core/parallel.hpp"

namespace pauca::sbl {
namespace {

const char* name(Method m) { return m == Method::mm ? "mm" : m == Method::am ? "am" : "svd"; }

// Writes the active atoms of a tensor with `lead` leading entries into zeros of the full shape.
void scatter(const Buffer& from, const Model& model, const std::vector<Index>& sizes, Index lead, double scale,
             Buffer& to) {
  const auto last = static_cast<std::size_t>(model.n_modes()) - 1;
  std::vector<Index> offsets(1, 0), next;
  Index stride = 1;
  for (Index n : sizes) stride *= n;
  to.assign(static_cast<std::size_t>(lead * stride), 0.0);
  const Index full = stride;
  for (std::size_t i = 0; i < last; ++i) {
    stride /= sizes[i];
    next.clear();
    for (Index o : offsets) {
      for (Index a : model.active(static_cast<Index>(i))) next.push_back(o + a * stride);
    }
    std::swap(offsets, next);
  }
  std::size_t k = 0;
  for (Index l = 0; l < lead; ++l) {
    for (Index o : offsets) {
      for (Index a : model.active(static_cast<Index>(last)))
        to[static_cast<std::size_t>(l * full + o + a)] = scale * from[k++];
    }
  }
}

}  // namespace

Solver::Solver(std::vector<Planes> factors, const Options& options, const Settings& settings)
    : factors_(std::move(factors)), options_(options), settings_(settings) {
  require(!factors_.empty(), "factors: got none, expected at least one matrix");
  require(options_.prune.size() == factors_.size(), "prune: expected one level a factor");
  require(options_.coupling.size() == factors_.size(), "coupling: expected one number a factor");
  for (double level : options_.prune) require(level < 1.0, "prune: expected numbers below 1");
  for (std::size_t i = 0; i < factors_.size(); ++i) {
    Planes& f = factors_[i];
    require(f.rows() > 0 && f.cols() > 0, "factors: expected matrices with at least one row and one column");
    const double norm = std::sqrt(f.squared_norm() / static_cast<double>(f.cols()));
    require(norm > 0.0 && std::isfinite(norm), "factors: factor " + std::to_string(i) + " is zero or not finite");
    f.scale(1.0 / norm);
    scales_.push_back(norm);
    rows_ *= f.rows();
    atoms_ *= f.cols();
  }
}

Solution Solver::solve(Tensor y, Index L, const std::function<bool(const Progress&)>& next_iteration,
                       const KeepGoing& go, const std::function<bool()>& abandoned) const {
  Solution out;
  std::vector<Index> sizes;
  for (const Planes& f : factors_) sizes.push_back(f.cols());
  const double samples = static_cast<double>(rows_ * L);
  const double energy = y.squared_norm();
  const double unit = std::sqrt(energy / samples);
  double gain = 1.0;
  for (double s : scales_) gain *= s;
  out.report.engine = std::string("kronecker-svd/") + name(options_.method);
  out.report.threshold = settings_.tol;

  if (!(energy > 0.0)) {  // nothing to explain: the posterior is the prior that puts all mass on zero
    bool cx = y.is_complex();
    for (const Planes& f : factors_) cx = cx || f.is_complex();
    out.mean.resize(atoms_ * L, cx);
    std::fill(out.mean.re.begin(), out.mean.re.end(), 0.0);
    std::fill(out.mean.im.begin(), out.mean.im.end(), 0.0);
    out.variance.assign(static_cast<std::size_t>(atoms_), 0.0);
    for (Index n : sizes) out.gamma.push_back(Vector::Zero(n));
    out.noise_variance = options_.noise == NoiseStep::known ? options_.noise_variance : 0.0;
    out.report.status = Status::converged;
    out.report.criterion = 0.0;
    out.report.n_iter = 1;
    return out;
  }

  for (double& v : y.re) v /= unit;
  for (double& v : y.im) v /= unit;
  Model model(factors_, std::move(y), L);
  Posterior posterior(model.n_modes());

  const double least = std::numeric_limits<double>::epsilon();  // of the mean power, which is one
  const bool learn = options_.noise != NoiseStep::known;
  double s2 = learn ? 0.1 : std::max(options_.noise_variance / (unit * unit), least);
  const double rows = static_cast<double>(rows_);
  const double level = std::max(rows * (1.0 - s2), 0.1 * rows) / static_cast<double>(atoms_);
  Hyperparameters hyper(sizes, level, options_.coupling);

  const bool em = options_.method != Method::mm;
  const double cost_shift = samples * std::log(unit * unit);
  const auto done = [&](const Progress& p) {
    out.report.objective_path.push_back(p.objective);
    out.active_path.push_back(model.atoms());
    return next_iteration(p);
  };
  Report& report = out.report;
  report.status = Status::max_iter;
  bool interrupted = false;
  const KeepGoing finish = [] { return true; };
  for (Index it = 0; it < settings_.max_iter; ++it) {
    if (!posterior.compute(model, hyper.g(), s2, em, go)) {
      interrupted = true;
      break;
    }
    if (!done({it, posterior.cost + cost_shift, report.criterion, settings_.tol})) {
      interrupted = true;
      break;
    }
    auto moment = [&] {
      Buffer p = posterior.power();
      for (std::size_t k = 0; k < p.size(); ++k) p[k] += posterior.remaining()[k];
      return p;
    };
    if (!em) {
      hyper.step_mm(posterior.power(), posterior.shrink());
    } else {
      Buffer second = moment();
      if (options_.method == Method::am) {
        hyper.step_am(second, options_.n_inner, options_.inner_tol);
      } else {
        hyper.step_svd(second);
      }
    }
    const double residual = posterior.residual / static_cast<double>(L);
    if (options_.noise == NoiseStep::em) s2 = std::max((residual + s2 * posterior.freedom) / rows, least);
    if (options_.noise == NoiseStep::mm) s2 = std::max(std::sqrt(residual / posterior.inverse_trace), least);
    report.n_iter = it + 1;
    report.criterion = std::sqrt(hyper.relative_change());
    hyper.gauge();

    bool pruned = false;
    for (Index i = 0; i < model.n_modes(); ++i) {
      double limit = options_.prune[static_cast<std::size_t>(i)];
      if (limit == 0.0) continue;
      if (limit < 0.0) limit = std::min(1e-2, 0.3 * s2);  // s2 is relative to the power of the data here
      const std::vector<Index> keep = hyper.survivors(i, limit);
      if (keep.size() == model.active(i).size() || keep.empty()) continue;  // empty: all are NaN
      hyper.keep(i, keep);
      model.keep(i, keep);
      pruned = true;
    }
    if (pruned) {
      const std::vector<bool> changed = model.reduce();
      for (std::size_t i = 0; i < changed.size(); ++i) {
        if (changed[i]) posterior.forget(static_cast<Index>(i));
      }
    }
    if (report.criterion <= settings_.tol) {
      report.status = Status::converged;
      break;
    }
  }
  if (interrupted && abandoned()) return out;

  posterior.compute(model, hyper.g(), s2, options_.variance, finish);
  report.objective = posterior.cost + cost_shift;
  report.objective_path.push_back(report.objective);
  out.active_path.push_back(model.atoms());

  // Back to the caller's units: mean = sqrt(G) xt, H = gain * H_scaled, y = unit * y_scaled.
  Buffer root(1, 1.0), next;
  for (const Vector& g : hyper.g()) {
    kron::outer(root, g.cwiseSqrt(), next);
    std::swap(root, next);
  }
  const auto n = root.size();
  Tensor mean = posterior.whitened();
  for (std::size_t k = 0; k < mean.re.size(); ++k) mean.re[k] *= root[k % n];
  for (std::size_t k = 0; k < mean.im.size(); ++k) mean.im[k] *= root[k % n];
  scatter(mean.re, model, sizes, L, unit / gain, out.mean.re);
  if (mean.is_complex()) scatter(mean.im, model, sizes, L, unit / gain, out.mean.im);
  if (options_.variance) {
    for (std::size_t k = 0; k < n; ++k) root[k] *= root[k] * posterior.remaining()[k];
    scatter(root, model, sizes, 1, unit * unit / (gain * gain), out.variance);
  }
  for (Index i = 0; i < model.n_modes(); ++i) {
    Vector g = Vector::Zero(sizes[static_cast<std::size_t>(i)]);
    const auto& active = model.active(i);
    for (std::size_t a = 0; a < active.size(); ++a) {
      g[active[a]] = hyper.g()[static_cast<std::size_t>(i)][static_cast<Index>(a)];
    }
    if (i + 1 == model.n_modes()) g *= unit * unit / (gain * gain);
    out.gamma.push_back(std::move(g));
  }
  out.noise_variance = s2 * unit * unit;
  return out;
}

Solution solve(std::vector<Planes> factors, Tensor y, Index n_snapshots, const Options& options,
               const Settings& settings, Monitor& monitor) {
  monitor.start(settings.max_time);
  const Solver solver(std::move(factors), options, settings);
  Solution s = solver.solve(
      std::move(y), n_snapshots, [&](const Progress& p) { return monitor.next_iteration(p); },
      [&] { return monitor.keep_going(); },
      [&] { return options.abandon_when_stopped && monitor.reason() == Status::stopped; });
  if (s.report.status == Status::max_iter && monitor.stop_requested()) s.report.status = monitor.reason();
  s.report.seconds = monitor.seconds();
  return s;
}

std::vector<Solution> solve_batch(std::vector<Planes> factors, const std::vector<Tensor>& y, Index n_snapshots,
                                  const Options& options, const Settings& settings, int n_threads, Monitor& monitor) {
  monitor.start(settings.max_time);
  const Solver solver(std::move(factors), options, settings);
  std::vector<Solution> out(y.size());
  const auto caller = std::this_thread::get_id();
  parallel_for(
      static_cast<Index>(y.size()), n_threads,
      [&](Index b) {
        const auto start = Monitor::Clock::now();
        // Only the calling thread may poll; the others see its verdict.
        const bool polls = std::this_thread::get_id() == caller;
        const auto go = [&, polls] { return polls ? monitor.keep_going() : !monitor.stop_requested(); };
        Solution& s = out[static_cast<std::size_t>(b)];
        s = solver.solve(
            y[static_cast<std::size_t>(b)], n_snapshots, [&](const Progress&) { return go(); }, go,
            [] { return true; });
        if (s.report.status == Status::max_iter && monitor.stop_requested()) s.report.status = monitor.reason();
        s.report.seconds = std::chrono::duration<double>(Monitor::Clock::now() - start).count();
      },
      [&] { return monitor.next_iteration({static_cast<Index>(0), 0.0, 0.0, 0.0}); });
  return out;
}

}  // namespace pauca::sbl
