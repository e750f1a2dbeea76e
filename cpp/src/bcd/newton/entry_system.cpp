#include <unordered_map>

#include "pauca/bcd/newton_system.hpp"
#include "pauca/core/cholesky.hpp"

namespace pauca::bcd {
namespace {

constexpr double strangers = 0.05;  // share of entries without a row in an old factorisation that is put up with

class EntrySystem final : public NewtonSystem {
 public:
  EntrySystem(const MatrixLoss& loss, const WorkingGram* gram) : loss_(loss), gram_(gram) {}

  bool factor(const SupportModel& model, Monitor& monitor) override {
    const Matrix h = block_weights(model, loss_);
    const Index tasks = model.tasks();
    tasks_.assign(static_cast<std::size_t>(tasks), {});
    std::vector<Index> keep;
    for (Index t = 0; t < tasks; ++t) {
      Task& task = tasks_[static_cast<std::size_t>(t)];
      keep.clear();
      for (Index i = 0; i < model.rows(); ++i)
        if (model.free(i, t) != 0.0) keep.push_back(i);
      const Index m = static_cast<Index>(keep.size());
      if (gram_ && h.cols() == 1) {
        task.factor.resize(m, m);
        for (Index i = 0; i < m; ++i)
          for (Index k = i; k < m; ++k)
            task.factor(k, i) =
                (*gram_)(gram_->position(model.columns[keep[k]]), gram_->position(model.columns[keep[i]]));
      } else {
        support_gram(model, keep, h.col(std::min(t, h.cols() - 1)), task.factor, monitor);
      }
      for (Index i = 0; i < m; ++i) {
        double& diagonal = task.factor(i, i);
        diagonal = (1.0 + 1e-10) * diagonal + model.diagonal(keep[i], t);
        if (!(diagonal > 0.0)) diagonal = 1.0;
        task.columns.push_back(model.columns[static_cast<std::size_t>(keep[i])]);
      }
      task.mean = m > 0 ? task.factor.diagonal().mean() : 1.0;
      if (!cholesky_in_place(task.factor, monitor)) return false;
    }
    if (model.constant) constants_ = h.colwise().sum().cwiseMax(1e-12).cwiseInverse().replicate(1, tasks / h.cols());
    return serves(model);
  }

  bool serves(const SupportModel& model) override {
    double entries = 0.0, strange = 0.0;
    for (Index t = 0; t < model.tasks(); ++t) {
      Task& task = tasks_[static_cast<std::size_t>(t)];
      std::unordered_map<Index, Index> row;
      for (std::size_t k = 0; k < task.columns.size(); ++k) row[task.columns[k]] = static_cast<Index>(k);
      task.rows.assign(static_cast<std::size_t>(model.rows()), outside);
      for (Index i = 0; i < model.rows(); ++i) {
        if (model.free(i, t) == 0.0) continue;
        entries += 1.0;
        const auto found = row.find(model.columns[static_cast<std::size_t>(i)]);
        strange += found == row.end();
        task.rows[static_cast<std::size_t>(i)] = found == row.end() ? unknown : found->second;
      }
    }
    return strange <= strangers * entries;
  }

  void solve(const SupportModel& model, const Matrix& r, Matrix& z) const override {
    z.setZero(r.rows(), r.cols());
    Vector own;
    for (Index t = 0; t < model.tasks(); ++t) {
      const Task& task = tasks_[static_cast<std::size_t>(t)];
      own.setZero(task.factor.rows());
      for (Index i = 0; i < model.rows(); ++i) {
        const Index row = task.rows[static_cast<std::size_t>(i)];
        if (row >= 0) own[row] = r(i, t);
      }
      const auto lower = task.factor.triangularView<Eigen::Lower>();
      lower.solveInPlace(own);
      lower.transpose().solveInPlace(own);
      for (Index i = 0; i < model.rows(); ++i) {
        const Index row = task.rows[static_cast<std::size_t>(i)];
        if (row >= 0) z(i, t) = own[row];
        if (row == unknown) z(i, t) = r(i, t) / task.mean;
      }
    }
    if (model.constant) z.row(model.rows()) = constants_.cwiseProduct(r.row(model.rows()));
  }

 private:
  static constexpr Index outside = -1, unknown = -2;
  struct Task {
    Matrix factor;
    std::vector<Index> columns;  ///< of the factor's rows
    std::vector<Index> rows;     ///< of the factor, for each row of the model; or one of the two above
    double mean = 1.0;           ///< of the diagonal, for entries without a row
  };
  const MatrixLoss& loss_;
  const WorkingGram* gram_;
  std::vector<Task> tasks_;
  Eigen::RowVectorXd constants_;
};

}  // namespace

std::unique_ptr<NewtonSystem> make_entry_system(const MatrixLoss& loss, const WorkingGram* gram) {
  return std::make_unique<EntrySystem>(loss, gram);
}

}  // namespace pauca::bcd
