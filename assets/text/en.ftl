# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Kinds of values
kind-integer = whole number
kind-decimal = decimal
kind-float = number
kind-boolean = yes/no
kind-text = text
kind-category = category
kind-date = date
kind-datetime = date, time
kind-instant = date, time
kind-time = time
kind-duration = duration
kind-binary = bytes
kind-list = list
kind-struct = fields
kind-empty = nothing

## Errors
error-interrupted = Stopped.
error-timeout = The time limit passed.
hint-timeout = Give more time with --timeout, or work on fewer rows with --where or --limit.
error-panic = A library failed on this data: { $cause }
hint-panic = The session goes on. Please report this with the file, if you can share it.
error-data = The data could not be worked on: { $cause }
error-column-missing = There is no column “{ $name }”.
hint-column-nearest = Did you mean “{ $name }”?
hint-column-list = The columns are: { $names }
error-no-columns = No column is left to show.
error-file-changed = { $path } was changed while it was open.
hint-reload = Open it again to see what is in it now.
error-parquet = { $path } cannot be read as Parquet: { $cause }
hint-parquet = The file may be cut off or damaged. Copy it again from where it came.
error-connection = There is no connection “{ $name }”.
error-sort-key = “{ $text }” is not a column to sort by. Write COLUMN or COLUMN:desc.
error-sort-nested = “{ $column }” cannot be sorted: its values are of the kind “{ $kind }”.
error-memory-sort = Sorting { $rows } rows needs about { $needed } of memory, and { $allowed } is allowed.
hint-memory = Work on a sample (--sample N) or filter first (--where), or allow more with --max-memory.

## Configuration
error-config = { $path }, line { $line }: { $cause }
hint-config = See config.example.toml for every key.
error-config-secret = { $path }: the connection “{ $connection }” carries “{ $key }”, which must not be in a project's file.
hint-config-secret = Put it into your own configuration file.
error-keymap-preset = There is no key map “{ $name }”.
hint-one-of = Choose one of: { $names }
error-keymap = Key map { $file }: { $cause }
hint-keymap = Write one line for each command, as in: sort = ["s", "F6"]
error-keymap-key = Key map { $file }: “{ $key }” is not a key.
hint-keymap-key = Keys are written j, G, Ctrl-F, PageDown, F5, Space.
error-keymap-twice = Key map { $file }: the key “{ $key }” is given to “{ $one }” and to “{ $two }”.
hint-keymap-twice = Take the key away from one of the two.
error-keymap-command = Key map { $file }: there is no command “{ $name }”.
hint-keymap-command = “mekiki gen keys” lists the commands.

## Files
error-file = { $path }: { $cause }
error-file-missing = { $path } is not there.
error-file-denied = { $path }: no permission.
error-disk-full = { $path }: the disk is full.
system-not-found = it is not there
system-denied = no permission
system-exists = it is there already
system-folder = it is a folder
system-no-folder = part of the path is no folder
system-name = the name is too long or not allowed
system-full = the disk is full
system-quota = the disk quota is used up
system-large = the file is too large
system-read-only = the file system is read-only
system-busy = it is in use
system-memory = not enough memory
system-ended = it ends too early
system-pipe = the other end was closed
system-late = it took too long
system-refused = the connection was refused
system-reset = the connection was broken off
system-no-host = the host cannot be reached
system-no-network = the network cannot be reached
system-unknown-host = the host name could not be looked up
system-many = too many open files
system-loop = too many symbolic links
system-device = the device failed to read or write
system-other = { $text }
hint-disk-full = Free some space, or write to another disk. A file that was there before is unchanged.

## Output
error-output = Writing failed: { $cause }
error-output-format = There is no output format called “{ $name }”.
error-output-extension = The name { $path } does not tell which format to write.
error-output-compressed = { $path }: { $name } is compressed inside already.
error-output-folder = { $path } is a folder. Name a file in it.
hint-output-format = Choose one with --format: { $names }; charts also png and svg, reports html and py too.
hint-output-compressed = Leave out the last extension.
error-xlsx-rows = An Excel sheet holds 1,048,575 rows under its header; the table has { $count } or more.
hint-xlsx-rows = Write Parquet or CSV instead, or fewer rows with --limit.
error-xlsx-columns = An Excel sheet holds 16,384 columns; the table has { $count }.
hint-xlsx-columns = Write Parquet or CSV instead, or choose columns with --columns.
notice-cut = Only the first { $limit ->
    [one] row was
   *[other] { $limit } rows were
} written; there are more.
notice-guarded = { $count ->
    [one] 1 text that a spreadsheet would take for a formula begins with an apostrophe.
   *[other] { $count } texts that a spreadsheet would take for formulas begin with an apostrophe.
}
notice-nulled = { $count ->
    [one] 1 number that is NaN or infinite was written as null.
   *[other] { $count } numbers that are NaN or infinite were written as null.
}
notice-text-cut = { $count ->
    [one] 1 text was cut to the 32,767 characters a cell of Excel holds.
   *[other] { $count } texts were cut to the 32,767 characters a cell of Excel holds.
}
notice-long-numbers = { $count ->
    [one] 1 number with more digits than Excel keeps was written as text.
   *[other] { $count } numbers with more digits than Excel keeps were written as text.
}
notice-zone-lost = { $count ->
    [one] Excel has no time zones: 1 column shows local time in { $zone }.
   *[other] Excel has no time zones: { $count } columns show local time, the last of them in { $zone }.
}
output-missing = ∅
output-more-columns = { $count ->
    [one] … 1 more column
   *[other] … { $count } more columns
}

## Profile
profile-title = Profile: { $rows } { $rows ->
    [one] row
   *[other] rows
}, { $columns } { $columns ->
    [one] column
   *[other] columns
}
profile-column = Column
profile-kind = Type
profile-missing = Missing
profile-missing-percent = Missing %
profile-distinct = Distinct
profile-min = Min
profile-q1 = 1st quartile
profile-median = Median
profile-q3 = 3rd quartile
profile-max = Max
profile-mean = Mean
profile-sd = Std dev
profile-top = Most common
profile-top-percent = Most common %
profile-nested = Nested values are not compared with one another.
profile-note-distinct = Distinct counts are estimates (standard error up to { $error }%) in: { $names }
profile-note-sample = Quartiles, histogram and most common values come from { $rows } sampled rows (shares are within { $error } points, 95%) in: { $names }
profile-note-nan = NaN values are left out of the figures in: { $names }
profile-note-infinite = Infinite values are left out of mean, standard deviation and histogram in: { $names }
profile-note-empty = Empty texts count as values, not as missing, in: { $names }
profile-note-nested = Nested values are not compared, so distinct values are not counted in: { $names }
profile-no-column = There is no such column to profile.
## Commands
# A command's name as in a menu; .hint: its one word in the bottom line; .help: what it does and what to expect;
# .cli: what it does on the command line, where that differs; .words: what people search for, in both languages, the same in both files.

menu-file = File
menu-rows = Rows
menu-columns = Columns
menu-go = Go
menu-look = Look
menu-help = Help

# Files and tabs.
cmd-open = Open a table
    .help = Asks for a file, folder or address and opens it in a new tab.
    .words = file path load import read 開く ファイル 読み込み 読込 パス
cmd-sources = Where tables come from
    .hint = sources
    .help = Lists your connections and the files here, and what is in each; Enter opens one.
    .cli = Lists your connections, or what is in one of them or in a folder.
    .words = connections browse files folder database list catalog 接続 データソース フォルダ 一覧 ファイル データベース
cmd-export = Save rows to a file
    .hint = export
    .help = Writes the rows and columns as they stand now to a file: CSV, Excel, Parquet, JSON and others; the table itself is not changed.
    .cli = Writes all rows that were asked for to a file or to standard output: CSV, Excel, Parquet, JSON and others; the table itself is not changed.
    .words = export save as write download csv excel xlsx parquet json 書き出し 書出 保存 エクスポート 出力 エクセル ダウンロード
cmd-tabs = Show open tables
    .help = Lists the tables that are open, so that you can switch to one.
    .words = tabs switch windows buffers タブ 切り替え 切替 一覧 ウィンドウ
cmd-close-tab = Close this table
    .help = Closes the table in front; the file or source stays as it is.
    .words = close tab remove 閉じる タブ
cmd-reload = Read it again
    .help = Reads the table again from where it came and keeps your filters and sorting.
    .words = reload refresh update 再読み込み 再読込 更新 リロード 最新
cmd-fetch-missing = Ask again for what is missing
    .help = Asks again for the values whose rows could not be had, and for those alone; what has come stays.
    .words = retry failed missing again incomplete sweep runs 再取得 再試行 失敗 欠け 取得できなかった
cmd-live = Work on the query itself
    .help = Leaves the rows of a saved query with its data source: filters, sorting and ranking run there, and only the answer comes here. The same key leads back to the stored result.
    .words = live push down server database redash stored result fresh ライブ 最新 サーバー側 データソース 保存された結果
cmd-tasks = Show running tasks
    .help = Shows what is being worked on and how far it is; each task can be stopped.
    .words = tasks jobs progress running background 処理 タスク 進捗 進行状況 ジョブ
cmd-cancel = Stop the running task
    .help = Stops what is being worked on; if nothing is, asks whether to quit.
    .words = cancel stop abort interrupt kill 中止 停止 キャンセル 中断
cmd-back = One step back
    .help = Closes what is in front and goes one step back; it never quits.
    .words = back close escape return 戻る 閉じる 前へ
cmd-quit = Quit
    .hint = quit
    .help = Leaves the program; your tables and files are not changed.
    .words = quit exit leave close 終了 閉じる やめる

# Moving about.
cmd-down = Next row
    .help = Moves to the row below.
    .words = down next row 下 次の行
cmd-up = Previous row
    .help = Moves to the row above.
    .words = up previous row 上 前の行
cmd-left = Column to the left
    .help = Moves to the column on the left.
    .words = left previous column 左 前の列
cmd-right = Column to the right
    .help = Moves to the column on the right.
    .words = right next column 右 次の列
cmd-page-down = One screen down
    .help = Moves down by as many rows as the screen shows.
    .words = page down scroll forward 次のページ 下 スクロール
cmd-page-up = One screen up
    .help = Moves up by as many rows as the screen shows.
    .words = page up scroll backward 前のページ 上 スクロール
cmd-half-page-down = Half a screen down
    .help = Moves down by half as many rows as the screen shows.
    .words = half page down scroll 半ページ 下 スクロール
cmd-half-page-up = Half a screen up
    .help = Moves up by half as many rows as the screen shows.
    .words = half page up scroll 半ページ 上 スクロール
cmd-top = First row
    .help = Moves to the first row.
    .words = top first start beginning head 先頭 最初 一番上 始め
cmd-bottom = Last row
    .help = Moves to the last row, however long the table is.
    .words = bottom last end tail 末尾 最後 一番下 終わり
cmd-first-column = First column
    .help = Moves to the first column.
    .words = first column left start home 先頭 左端 最初
cmd-last-column = Last column
    .help = Moves to the last column.
    .words = last column right end 末尾 右端 最後
cmd-goto-row = Jump to a row
    .help = Asks for a row number and moves there.
    .words = goto go jump row number line 行番号 移動 ジャンプ
cmd-goto-column = Jump to a column
    .help = Lists the columns as you type and moves to the one you choose.
    .words = goto go jump find column name 列名 移動 ジャンプ 列を探す
cmd-search = Search for text
    .hint = search
    .help = Looks for a text in the whole table and moves to the first cell that has it; no row is hidden.
    .words = search find look for text grep 検索 探す 調べる 文字列
cmd-search-next = Next match
    .help = Moves to the next cell that has the text searched for.
    .words = next match result again 次 一致 検索結果 次を検索
cmd-search-previous = Previous match
    .help = Moves back to the previous cell that has the text searched for.
    .words = previous match result back 前 一致 検索結果 前を検索

# Rows.
cmd-only-this-value = Only this value
    .hint = only
    .help = Keeps the rows with the same value in this column as the cell in front, and hides the others.
    .words = filter keep equals same only select 絞り込み 絞込 抽出 同じ値 だけ 一致
cmd-without-this-value = Without this value
    .help = Hides the rows with the same value in this column as the cell in front.
    .words = filter exclude remove not drop hide 除外 除く 以外 絞り込み 取り除く
cmd-filter = Filter rows
    .hint = filter
    .help = Opens a form of conditions on one or several columns; only the rows that meet them stay.
    .words = filter where condition keep find query 絞り込み 絞込 抽出 条件 フィルター フィルタ
cmd-filter-expression = Filter by an expression
    .help = Asks for a condition such as price > 1000 and country = 'JP' and keeps the rows that meet it.
    .words = filter expression where formula query sql condition 条件式 式 絞り込み 抽出 計算式
cmd-filter-remove = Remove filters
    .help = Shows the filters in force and takes off those you choose, so that their rows come back.
    .words = remove clear reset unfilter show all filter 解除 クリア 絞り込み すべて表示 リセット
cmd-sort = Sort by this column
    .hint = sort
    .help = Sorts the rows by this column: smallest first, then largest first, then as they came.
    .words = sort order ascending descending arrange rank 並べ替え 並び替え ソート 昇順 降順 順番
cmd-sort-more = Then sort by this
    .help = Adds this column as a further key: rows that are equal so far are sorted by it.
    .words = sort then by second key further order 並べ替え 並び替え 第2キー 追加 ソート 複数列
cmd-sample = Random sample of rows
    .help = Keeps a number of rows chosen at random, so that long work is quick; the same seed gives the same rows.
    .words = sample random subset pick rows サンプル 標本 無作為 ランダム 抽出
cmd-undo = Undo
    .help = Takes back the last change to what you see, such as a filter or a sort.
    .words = undo take back revert 元に戻す 取り消し 取消 アンドゥ
cmd-redo = Redo
    .help = Does again what was last taken back.
    .words = redo again repeat やり直し やり直す リドゥ 再実行

# Columns.
cmd-freeze = Freeze columns up to here
    .help = Keeps the columns up to this one in view while you move to the right; once more lets go.
    .words = freeze pin lock fix keep columns 列を固定 固定 ピン留め ロック
cmd-hide = Hide this column
    .help = Hides this column; the list of columns brings it back.
    .words = hide remove drop delete column invisible 隠す 非表示 列を消す 削除
cmd-columns = Choose columns
    .help = Lists every column; tick those to show and put them in the order you want.
    .words = columns show hide unhide choose select reorder list 列 一覧 表示 再表示 選択 順番
cmd-widen = Widen this column
    .help = Makes this column wider, so that more of each value is seen.
    .words = wider width expand bigger grow 幅 広げる 広く 拡大
cmd-narrow = Narrow this column
    .help = Makes this column narrower, so that more columns fit on the screen.
    .words = narrower width shrink smaller 幅 狭める 狭く 縮小
cmd-fit-width = Fit width to values
    .help = Makes this column just as wide as the values on the screen.
    .words = fit auto width resize adjust 幅 自動調整 合わせる 列幅
cmd-move-column-left = Move column left
    .help = Moves this column one place to the left.
    .words = move column left reorder arrange 列を移動 左 並び順 入れ替え
cmd-move-column-right = Move column right
    .help = Moves this column one place to the right.
    .words = move column right reorder arrange 列を移動 右 並び順 入れ替え

# Understanding.
cmd-open-cell = Show the whole cell
    .hint = open
    .help = Shows the whole value of this cell, however long, and what is inside lists and fields.
    .words = cell value full detail expand enter json nested セル 値 全文 詳細 中身 開く
cmd-row = Show the whole row
    .help = Shows every value of this row, one column to a line.
    .words = row record detail transpose vertical 行 レコード 詳細 縦表示 カード
cmd-column-card = Describe this column
    .hint = column
    .help = Shows what this column holds: kind, missing and distinct values, range, quartiles, most frequent values and a small histogram.
    .words = column summary statistics describe info histogram distribution missing distinct 列 要約 統計 分布 欠損 集計 ヒストグラム
cmd-profile = Describe every column
    .hint = profile
    .help = Describes each column of the table in one row: kind, missing and distinct values, range and most frequent values.
    .words = profile summary statistics describe overview quality missing プロファイル 要約 統計 全体 品質 欠損 概要
cmd-copy-cell = Copy the cell
    .help = Copies the whole value of this cell to the clipboard.
    .words = copy yank clipboard cell value コピー 複写 クリップボード セル
cmd-copy-row = Copy the row
    .help = Copies the values of this row to the clipboard, separated by tabs for a spreadsheet.
    .words = copy yank clipboard row record コピー 複写 クリップボード 行
cmd-copy-column-name = Copy the column name
    .help = Copies the name of this column to the clipboard.
    .words = copy yank clipboard column name header コピー 複写 クリップボード 列名 見出し
cmd-notices = Show notices
    .help = Shows what you should know about this table, such as numbers kept as text, lines skipped or rows left out.
    .words = notices warnings messages notes problems お知らせ 警告 注意 通知 メッセージ

cmd-land = Bring the rows here
    .help = Says how many rows, bytes and seconds it takes to bring the rows in front from where they are, then keeps them on this machine as Parquet.
    .words = land fetch download bring materialise parquet local copy server 取り込む 取込 取得 ダウンロード 手元 ローカル
cmd-server-query = Show the SQL
    .help = Shows the query that gives the rows in front where they are, and the statements sent for what was worked out there, to read, to copy or to hand on.
    .words = sql query server warehouse postgres redshift statement explain クエリ サーバー 文
cmd-cost = What it takes
    .help = Asks the server what reading these rows is expected to take, without reading them: rows, bytes and cost.
    .words = cost explain estimate plan rows bytes expensive consent limit コスト 見積もり 実行計画 費用 行数
cost-expected = { $name } expects to handle { $rows } rows, at a cost of { $cost }.
hint-cost = Allow it with { $flags }, or ask for less with a filter first; max_rows and max_cost of the connection are the limits.
cost-question = Go on?
cost-go = Go on
cost-always = Go on, and ask no more about this table
cost-leave = Do not
cost-title = What reading these rows takes
cost-unknown = { $name } does not say what reading these rows takes.
cost-answer = Rows that come of it: { $rows }, about { $bytes }.
task-cost = what it takes

# The program itself.
cmd-menu = Menu
    .hint = menu
    .help = Opens the menu of everything you can do here.
    .words = menu commands all メニュー 操作 一覧
cmd-palette = Find a command
    .help = Type a word to find a command and its key; a number jumps to that row.
    .words = palette command find run search actions コマンド パレット 探す 検索 操作
cmd-help = Help
    .hint = help
    .help = Explains this screen and lists its keys; type to search.
    .words = help keys shortcuts manual how ヘルプ 使い方 キー 操作方法 ショートカット
cmd-language = Language (日本語)
    .help = Switches between English and Japanese at once.
    .words = language english japanese switch 言語 日本語 英語 切り替え 切替
cmd-theme = Colours
    .help = Chooses the colours: for light or dark screens, or safe for colour-blind eyes.
    .words = theme colours colors light dark contrast appearance colour-blind 配色 テーマ 色 ライト ダーク 色覚 見た目
cmd-mouse = Mouse on or off
    .help = Uses the mouse here, or leaves it to the terminal so that you can select text with it.
    .words = mouse release select text capture マウス 選択 解放 オフ
cmd-redraw = Draw the screen again
    .help = Draws the whole screen again if something else wrote over it.
    .words = redraw refresh repaint clear screen garbled 再描画 描き直す 画面 乱れ

# On the command line only.
cmd-view = Print rows of a table
    .help = Writes rows of a table to the terminal or to standard output, in the format you choose.
    .words = view print show head rows cat 表示 出力 行 先頭
cmd-doctor = Check the set-up
    .help = Says what was found: configuration files, the terminal, and whether each source can be reached.
    .words = doctor check diagnose setup configuration problem 診断 確認 動作環境 設定 不具合
cmd-gen = Generate man page, completions
    .help = Writes a document made from the program itself: man page, shell completions, list of keys, configuration schema or reference.
    .words = generate man completions reference schema keys documentation 生成 マニュアル 補完 リファレンス スキーマ

## The interface
title-rows =
    { $rows ->
        [one] 1 row
       *[other] { $rows } rows
    }
title-rows-at-least = more than { $rows } rows
title-columns =
    { $columns ->
        [one] 1 column
       *[other] { $columns } columns
    }
title-tabs = +{ $others } open
title-notices =
    { $count ->
        [one] 1 notice
       *[other] { $count } notices
    } (W)
grid-no-rows = No rows.
cell-missing = (missing)
cell-empty-text = (empty text)
cell-no-items = (no items)
cell-bytes =
    { $bytes ->
        [one] 1 byte
       *[other] { $bytes } bytes
    }
view-cut = The first { $characters } characters are shown. Export the table to get the whole value.
view-error = What went wrong
record-title = Row { $row }
list-empty = Nothing here.
yes = yes
no = no
palette-title = What would you like to do?
palette-nothing = No command is called that. Try another word.
palette-row = Go to row { $row }
help-title = Help: keys and what they do
help-moving = Moving about
help-here = This screen
help-everywhere = The same everywhere
help-enter = the obvious next thing: open, choose, accept
help-back = one step back; never leaves mekiki
help-move = move; in lists and texts too
help-space = tick in lists; a page down elsewhere
help-narrow = narrow a list or search a table
help-shift = hold it while dragging to select text with the mouse
columns-title = Columns: tick what is to be shown
columns-goto = Go to column
tabs-title = Open tables
tasks-title = Tasks
server-query-title = At { $place } ({ $engine }), as it is sent
server-query-none = These rows are here: no query gives them, and none was sent for them.
server-sent-title = What was sent for “{ $name }”, the latest first
notices-title = Notices
notices-none = There is nothing to note about this table.
start-title = mekiki: what would you like to look at?
start-recent = Recent
start-files = Files here
start-sample = Sample data
filter-title = Show only rows where…
filter-note = ←→ change the column and the comparison, ↓ adds a condition. All conditions must hold.
filter-remove-title = Which one is to be removed?
filter-nothing = There is no filter, order or choice of columns to remove.
compare-is = is
compare-is-not = is not
compare-contains = contains
compare-starts = starts with
compare-at-least = at least
compare-at-most = at most
compare-more = more than
compare-less = less than
compare-missing = is missing
compare-present = is not missing
prompt-open = Open (file, folder or NAME:PATH):
prompt-row = Go to row:
prompt-search = Search:
prompt-filter = Show only rows where:
prompt-sample = Rows to keep, chosen at random:
export-title = Export what is shown
export-path = File
export-bom = For Excel (BOM)
export-excel-safe = Guard against formulas
export-note = The ending of the name decides the format: { $formats }. All rows and columns in view are written.
export-exists = { $path } exists already.
export-keep = Keep it
export-replace = Replace it
exported =
    Wrote { $rows ->
        [one] 1 row
       *[other] { $rows } rows
    } ({ $size }) to { $path }.
quit-busy =
    { $tasks ->
        [one] A task is
       *[other] { $tasks } tasks are
    } still running.
quit-ask = Leave mekiki?
quit-stay = Stay
quit-leave = Leave
hidden = “{ $column }” is hidden. { $key } lists all columns.
back-nowhere = There is nothing to go back to. { $key } leaves mekiki.
end-unknown = The end of the table is not known yet; it is being looked for.
row-beyond = There is no row { $row }; the last one is { $end }.
search-none = “{ $text }” was not found.
stopped = Stopped: { $title }
later = “{ $what }” follows once this is done: { $step }.
later-elsewhere = “{ $what }” was not done: another table is in front now.
error-under-way = Still under way: { $step }. { $key } stops it.
undo-nothing = There is nothing to undo.
redo-nothing = There is nothing to redo.
language-now = English
theme-now = Colours: { $name }
mouse-on = The mouse works in mekiki.
mouse-off = The mouse is free: select text with it as usual.
copied-tmux = Copied { $size } through tmux.
copied-terminal = Copied { $size } with the terminal's own sequence (OSC 52).
progress = { $title }: { $share }  { $key } stops
progress-stopping = Stopping…
step-filter = { $condition }
stage-sort = putting in order
step-sort = sorted by { $columns }
step-select =
    { $columns ->
        [one] 1 column
       *[other] { $columns } columns
    } chosen
step-sample =
    sample of { $rows ->
        [one] 1 row
       *[other] { $rows } rows
    }
task-open = Opening { $name }
task-count = Counting the rows of { $name }
task-settle = Reading { $name } to its end
task-list = Looking for tables
task-steps = Working
task-search = Searching “{ $text }”
task-card = Looking at { $column }
task-profile = Profiling { $name }
task-export = Writing { $path }
task-done = done
task-stopped = stopped
profile-tab = Profile of { $name }
card-type = Type there
card-comment = Comment
card-kind = Kind
card-rows = Rows
card-missing = Missing
card-nan = Not a number (NaN)
card-empty = Empty text
card-distinct = Different values
card-about = about { $value } (±{ $error })
card-range = From – to
card-quartiles = Quartiles
card-quartiles-about = Quartiles, about
card-mean = Mean
card-spread = Spread
card-top = Most common
card-working = Counting…
card-estimate = Estimate of the
card-estimate-of = server's statistics
card-estimate-when = server's statistics, { $when }
hint-accept = accept
hint-all = all
hint-back = back
hint-cancel = cancel
hint-cell = open
hint-change = change
hint-choose = choose
hint-copy = copy
hint-entries = entries
hint-erase = erase
hint-fields = fields
hint-filter = filter
hint-hide = hide
hint-history = history
hint-list = list
hint-menus = menus
hint-narrow = find
hint-next-column = next column
hint-exact = exact figures
hint-one-more = one more
hint-remove = remove
hint-row-number = row number
hint-rows = rows
hint-scroll = scroll
hint-sort = sort
hint-stop = stop
hint-tick = tick
error-no-table = No table is open.
error-not-read = This row has not been read yet.
error-filter-nested = Rows cannot be filtered by a value with parts.
error-origin-closed = The table this was made from is closed.
error-row = “{ $text }” is not a row number.
error-copy = The text could not be copied: { $cause }
error-copy-large = { $size } is more than terminals take ({ $limit }).
hint-copy-large = Export it to a file instead.
error-theme = There is no theme “{ $name }”.
error-terminal = The terminal cannot be used: { $cause }
error-no-terminal = This is not a terminal.
hint-no-terminal = Use “mekiki view” in scripts.

## Expressions
error-expression = The expression does not read at character { $place }: expected { $expected }. { $text }
hint-expression = Write for example: price > 100 and country = 'JP'
error-expression-long = The condition is too long.
hint-expression-long = For many values write: country in ('JP', 'FR', …)
expected-quote = a closing { $quote }
expected-number = a number
expected-word = a name, a value or an operator
expected-operator = an operator or the end
expected-symbol = “{ $symbol }”
expected-shallower = fewer brackets
expected-missing = “missing” or “null”
expected-value = a column, a value or a bracket
expected-function = a function
expected-count = { $count } values for { $name }
functions-title = Functions in conditions and computed columns
hint-function-near = Did you mean { $call }? { $meaning }.
gen-column-example = Example
function-lower = The text in small letters
function-upper = The text in capital letters
function-trim = The text without blanks at either end
function-length = How many characters the text has
function-replace = The text with every “old” made “new”
function-substr = A part of the text; the first character is at 1
function-left = The first characters
function-right = The last characters
function-concat = All values as one text; missing ones are left out
function-split-part = The n-th piece between separators; from the end where n is negative
function-extract = What a regular expression finds; one group of it where there is one
function-text = The value written as text
function-number = The number a text says
function-whole = The whole number a text says
function-abs = The number without its sign
function-sign = −1, 0 or 1
function-round = The nearest number with so many digits after the point
function-floor = The whole number below
function-ceil = The whole number above
function-sqrt = The square root; missing below zero
function-power = The number to a power
function-exp = e to a power
function-ln = The natural logarithm; missing unless above zero
function-log10 = The logarithm to base 10; missing unless above zero
function-least = The smallest of the values
function-greatest = The largest of the values
function-is-nan = Whether the number is NaN
function-coalesce = The first value that is not missing
function-if = The value of the first condition that holds
function-date = The day of a moment, or the one a text names
function-year = The year
function-quarter = The quarter of the year
function-month = The month
function-week = The week of the year, as ISO 8601 counts
function-day = The day of the month
function-weekday = The day of the week: Monday is 1, Sunday 7
function-hour = The hour of the day
function-minute = The minute of the hour
function-second = The second of the minute
function-date-trunc = The beginning of the day, week, month … a date lies in
function-date-add = The date n units later
function-date-diff = How many whole units lie between two dates
error-not-condition = “{ $text }” is not a condition: it is of the kind “{ $kind }”.
error-expression-kind = “{ $text }” is of the kind “{ $kind }”; needed is “{ $wanted }”.
error-mixed-kinds = “{ $text }” would give values of two kinds: { $one } and { $two }.
error-compare-nested = Values of the kind “{ $kind }” cannot be compared.
error-compare-kinds = “{ $one }” ({ $kind }) cannot be compared with “{ $two }” ({ $other }).
hint-compare-kinds = Put text into single quotes: 'JP'.
error-constant = “{ $text }” is not of the kind “{ $kind }” as “{ $other }” is.
hint-constant-time = Write dates and times as 2026-11-01 or 2026-11-01T09:30.
hint-constant-boolean = Write true or false.
hint-constant-offset = The column has no time zone: leave the offset out.
hint-constant-span = Write spans of time as PT1H30M or P2DT12H.
hint-constant-number = Write a number without quotes.
error-regex = { $text } is not a regular expression: { $cause }
error-pattern-constant = The pattern “{ $text }” must be text in quotes.
error-round = The digits to round to must be a number from 0 to 15, not “{ $text }”.
words-is = { $column } is { $value }
words-is-not = { $column } is not { $value }
words-compared = { $column } { $sign } { $value }
words-missing = { $column } is missing
words-present = { $column } is not missing
words-in = { $column } is one of { $values }
words-not-in = { $column } is none of { $values }
words-between = { $column } from { $low } to { $high }
words-contains = { $column } contains { $value }
words-contains-not = { $column } does not contain { $value }
words-starts = { $column } starts with { $value }
words-ends = { $column } ends with { $value }
words-and = { $one } and { $two }

## Delimited text
text-encoding = { $name }
text-delimiter-tab = tab-separated
text-delimiter-space = separated by spaces
text-delimiter = separated by "{ $delimiter }"
error-text-empty = { $path } is empty: there is no row and no header in it.
hint-text-empty = Check that the file was written completely, or open another one.
error-text-encoding = "{ $name }" is not an encoding we know.
hint-text-encoding = Use for example utf-8, cp932 (Shift_JIS), euc-jp, utf-16le or windows-1252; without the option the encoding is detected.
error-text-delimiter = "{ $name }" cannot separate fields.
hint-text-delimiter = Use a single ASCII character, for example a comma, a semicolon, a tab or |.
error-text-line-too-long = { $path }: line { $line } is too long to be a row of a table.
hint-text-line-too-long = Check that this is a text file, and whether its lines end where they should.
notice-text-preamble = { $count ->
    [one] The first line stands before the table and was skipped: "{ $line }"
   *[other] The first { $count } lines stand before the table and were skipped: "{ $line }"
  }
notice-text-duplicate-names = Column names that occur more than once got a number: { $names }
notice-text-empty-names = { $count ->
    [one] A column without a name was called { $names }
   *[other] { $count } columns without a name were called { $names }
  }
notice-text-kept = Kept as text, since numbers would lose leading zeros, signs or digits: { $names }
notice-text-encoding-late = The first character outside ASCII is in line { $line }; the file is read as { $encoding }.
notice-text-open-quote = { $count ->
    [one] Line { $line } has a quote that is never closed; its quotes are read as ordinary characters.
   *[other] { $count } lines have a quote that is never closed (the first is line { $line }); their quotes are read as ordinary characters.
  }
notice-text-nuls = { $count ->
    [one] There is one NUL character in the text.
   *[other] There are { $count } NUL characters in the text.
  }
notice-text-undecodable = { $count ->
    [one] One place is not valid { $encoding } and is shown as �.
   *[other] { $count } places are not valid { $encoding } and are shown as �.
  }
notice-text-long = { $count ->
    [one] Line { $line }: { $columns } fields expected, { $fields } found; the extra fields are not shown.
   *[other] { $count } lines have too many fields; the extra ones are not shown (line { $line } has { $fields }, { $columns } expected).
  }
notice-text-short = { $count ->
    [one] Line { $line }: { $columns } fields expected, { $fields } found; the others are missing.
   *[other] { $count } lines have too few fields; the others are missing (line { $line } has { $fields }, { $columns } expected).
  }
notice-text-misfit = { $column }: line { $line } holds "{ $value }", which is not of the kind { $kind }; it is shown as missing until the whole file has been looked at.
notice-text-retyped = { $column }: line { $line } holds "{ $value }", so the whole column is read as { $kind }.

## Opening files
files-reachable = Files on this machine can be read.
fact-files = { $count ->
    [one] 1 file
   *[other] { $count } files
  }
fact-sheet = sheet { $sheet }
hint-file-missing = Check the path, or list the folder with: mekiki sources FOLDER
hint-file-connection = No connection is called “{ $name }” either; mekiki sources lists those there are.
hint-file-near = In the same folder there is: { $names }
error-file-binary = { $path } is in no format known here.
hint-file-formats = Tables are read from Parquet, CSV and other delimited text, JSON, JSON Lines, Arrow/Feather and Excel (xlsx, xls, ods) files, also compressed with gzip or zstd.
error-file-other = { $path } is a { $kind } file, not a table.
error-file-pickle = { $path } is a Python pickle. A pickle is a program, and reading it would run it.
hint-file-pickle = If you trust it, turn it into Parquet: python -c "import pandas as pd; pd.read_pickle('in.pkl').to_parquet('out.parquet')"
error-file-sqlite = { $path } is an SQLite database.
hint-file-sqlite = Export a table: sqlite3 -header -csv FILE "select * from TABLE" | mekiki -
error-file-duckdb = { $path } is a DuckDB database.
hint-file-duckdb = Export a table: duckdb FILE -c "copy TABLE to 'out.parquet'"
error-file-archive = { $path } is a zip archive.
hint-file-archive = Unpack it first, then open the file inside.
error-file-encrypted = { $path } is an encrypted Parquet file.
hint-file-encrypted = Write it again without encryption.
error-file-feather1 = { $path } is a Feather file of version 1, which is no longer read.
hint-file-feather1 = Write it again as version 2, for example: pyarrow.feather.write_feather(table, path)
error-format-unknown = There is no format called “{ $name }”.
hint-format-names = Use one of: parquet, csv, tsv, jsonl, json, arrow, xlsx, ods.
notice-format-differs = The name says .{ $extension }, the content is { $format }; it was opened as { $format }.
error-folder-empty = { $path } holds no table.
hint-folder-empty = Hidden files, names that begin with _ and empty files are not counted.
error-glob = “{ $pattern }” is not a valid pattern: a bracket or a brace is not closed.
hint-glob = Use * and ? for parts of a name, ** for any folders, [a-z] for one character, {"{"}a,b{"}"} for a choice.
error-glob-none = No file matches “{ $pattern }”.
hint-glob-none = ** goes into folders below, * does not. Quote the pattern so that the shell leaves it alone.
error-files-differ = { $path } holds different tables: { $one } and { $other } have few columns in common.
hint-files-differ = Open one of them, or choose with a pattern.
notice-files-left-out = { $count ->
    [one] 1 file is not { $format } and was left out.
   *[other] { $count } files are not { $format } and were left out.
  }
notice-files-delta = This is a Delta table read as plain files: rows deleted or replaced since may be among them.
notice-no-columns = There is no row and no column in it.
notice-file-empty = { $file } holds nothing and was left out.
notice-in-file = { $file }: { $notice }
notice-files-lossy = { $column }: some values were rounded or are shown as missing, since other files hold another kind of values there.
notice-files-late = Columns that only files after the first { $count } have are not shown: { $columns }
error-compressed = { $path } cannot be unpacked: { $cause }
hint-compressed = The file is damaged. Get it again, or check it with gzip -t or zstd -t.
notice-compressed-cut = { $path } ends early; what could be unpacked is shown.
notice-compressed-tail = Something that is not compressed follows the data in { $path } and was left out.
error-stdin-empty = Nothing came from { $path }.
hint-stdin-empty = Check that the command before the pipe writes something.
error-arrow = { $path } is not a valid Arrow file: { $cause }
hint-arrow = The file may be damaged or still being written. Get it again.
notice-file-cut = { $path } ends early; { $rows ->
    [one] 1 row
   *[other] { $rows } rows
  } could be read.
notice-arrow-column = { $column }: some values cannot be decoded and are shown as missing.
error-excel = { $path } cannot be read as a workbook: { $cause }
hint-excel = Open it in a spreadsheet program and save it again as xlsx.
error-excel-password = { $path } is protected with a password.
hint-excel-password = Save a copy without a password and open that.
error-excel-empty = { $path } has no sheet with anything in it.
hint-excel-empty = Check the file in a spreadsheet program.
error-sheet-missing = { $path } has no sheet “{ $sheet }”.
hint-sheet-missing = Its sheets are: { $sheets }
error-sheet-none = { $path } is no workbook and has no sheets.
hint-sheet-none = Leave out the # and what follows.
notice-excel-sheets = { $count ->
    [one] The sheet “{ $sheet }” is shown; there is another: { $others }
   *[other] The sheet “{ $sheet }” is shown; there are { $count } others: { $others }
  }
notice-excel-preamble = { $count ->
    [one] 1 row above the table was left out: “{ $text }”
   *[other] { $count } rows above the table were left out: “{ $text }” …
  }
notice-excel-gaps = { $count ->
    [one] 1 empty row was left out.
   *[other] { $count } empty rows were left out.
  }
notice-excel-errors = { $count ->
    [one] 1 cell holds an error and is shown as missing: { $error } in { $column }, row { $row }.
   *[other] { $count } cells hold errors and are shown as missing; the first: { $error } in { $column }, row { $row }.
  }
notice-excel-mixed = Read as text, since values of different kinds stand in one column: { $names }
error-json = { $path }, line { $line }: not valid JSON ({ $cause }).
hint-json = Correct the line or write the file again; if there is one value a line, name the file .jsonl.
error-json-empty = { $path } is empty.
hint-json-empty = Check that the file was written completely.
notice-json-inner = { $count ->
    [0] The rows are those of “{ $key }”.
    [one] The rows are those of “{ $key }”; 1 field beside it is not shown.
   *[other] The rows are those of “{ $key }”; { $count } fields beside it are not shown.
  }
notice-json-broken = { $count ->
    [one] 1 line is not valid JSON and was left out: line { $line } ({ $cause }).
   *[other] { $count } lines are not valid JSON and were left out; the first is line { $line } ({ $cause }).
  }
notice-json-duplicates = { $count ->
    [one] A key stands twice in line { $line } (“{ $key }”); the last value was kept.
   *[other] Keys stand twice in { $count } records (the first: “{ $key }” in line { $line }); the last values were kept.
  }
notice-json-undecodable = { $count ->
    [one] 1 text is not valid UTF-8; what cannot be read is shown as �.
   *[other] { $count } texts are not valid UTF-8; what cannot be read is shown as �.
  }
notice-json-tail = Something follows the array in line { $line } and was left out.
error-landing-changed = { $path }: { $column } holds values of another kind further down.
hint-landing-changed = Read the whole file first; its columns then fit every row.
error-sample-missing = There is no sample table “{ $name }”.
hint-sample-missing = There are: { $names }
json-why-tail = something follows the value
json-why-deep = nested too deeply
json-why-missing = a value is missing
json-why-value = not a value
json-why-key = a key in quotes is missing
json-why-colon = a colon is missing
json-why-brace = a comma or a closing brace is missing
json-why-bracket = a comma or a closing bracket is missing
json-why-digit = a digit is missing
json-why-zero = a number begins with a zero
json-why-quote = a closing quote is missing
json-why-escape = an unknown escape sequence
json-why-open = the array is not closed
## Command line
cli-about = A terminal workbench for data: browse, clean, rank, chart, compare and explain tables of files, Redash and warehouses. Without a command, the tables named are opened in the interface.
cli-options = OPTIONS
cli-heading-usage = Usage
cli-heading-arguments = Arguments
cli-heading-commands = Commands
cli-heading-own = Options
cli-heading-rows = Which rows and columns
cli-heading-input = How the input is read
cli-heading-output = Output
cli-heading-shared = For every command
cli-heading-json = JSON
cli-heading-examples = Examples
cli-help = Explain the program, or one command
cli-help-flag = Show this help
cli-help-command = The command to explain
cli-version = Print the version
cli-error = Error: { $text }
cli-cause = Cause: { $text }
cli-hint = Hint: { $text }
names-all = { $names }
names-first = { $names } and { $count } more
cli-notice = Note: { $text }
cli-sent = Sent: { $statement }
cli-progress = { $percent }, { $done } of { $total } rows
cli-progress-open = { $done } rows so far
cli-wrote = Wrote { $path }: { $rows } { $rows ->
    [one] row
   *[other] rows
}, { $size }.
cli-wrote-text = Wrote { $path }: { $size }.
cli-no-input = Standard input is a terminal, and nothing may be waited for.
cli-hint-no-input = Pipe data in, or leave out --no-input.
cli-unknown-flag = There is no option { $flag }.
cli-unknown-command = There is no command “{ $name }”.
cli-unexpected = “{ $value }” was not expected.
cli-missing-value = { $flag } needs a value.
cli-missing-argument = Something is missing: { $names }
cli-bad-value = { $flag }: “{ $value }” does not fit.
cli-before-command = “{ $value }” stands before the command “{ $name }”; it has no meaning there.
cli-no-such-word = “{ $word }” is neither a command nor a file here.
cli-command-late = “{ $word }” is a command, which has to come first.
cli-negative = { $flag } cannot be negative.
cli-delimiter = “{ $value }” is not one character.
cli-lang = There is no language “{ $name }”.
cli-conflict = { $one } and { $two } contradict each other.
cli-seed-alone = --seed has a meaning only together with --sample.
cli-no-output = Neither a file nor a format is named.
cli-binary = { $name } is not text and would disturb the terminal.
cli-too-large = { $path } has { $size }, and { $allowed } is allowed.
cli-empty = No row is left.
cli-no-terminal = Standard output is not a terminal, so rows are written instead of opening the interface.
cli-other = The command line is not understood: { $cause }
cli-hint-program = “mekiki help” lists commands and options.
cli-hint-see = “mekiki help { $name }” explains it.
cli-hint-near = Did you mean “{ $name }”?
cli-hint-command = Did you mean “mekiki { $name } …”? A file of that name is opened as ./{ $name }.
cli-hint-number = Give a whole number.
cli-hint-size = Give a size such as 500MB, 4GB or 1GiB.
cli-hint-span = Give a span of time such as 30s, 5m or 250ms.
cli-hint-limit = -1 stands for all rows.
cli-hint-delimiter = Give one character, or tab.
cli-hint-output = Name a file with -o, or a format with --format; --format goes with > or a pipe.
cli-hint-max-bytes = Allow more with --max-bytes, or name fewer files.
cli-hint-one-table = Write one table at a time, with “mekiki view”.
cli-hint-default-limit = { $limit } rows is what view gives by itself; --limit N gives others, --limit -1 all.
cli-files-here = Files in this folder
cli-kind-table = table
cli-kind-folder = folder
cli-column-locator = To open
cli-column-kind = Kind
cli-column-name = Name
cli-column-remark = Remark

# What the options mean; .value: the word that stands for the value.
param-locator = A table: a file, folder, pattern, “-” for standard input, or NAME:PATH of a connection
    .value = LOCATOR
param-artefact = What to generate
param-shell = The shell to complete in; your own if not given
param-lang = The language
param-color = When to use colours; auto is on terminals only
param-quiet = Say nothing but errors
param-verbose = Say more: facts about the input, statements sent to databases, causes of errors
param-no-input = Never ask anything and never wait for a person
param-config = This configuration file instead of your own
    .value = FILE
param-transcript = Write what is asked of servers over HTTP, and their answers, to this new file, keys taken out: for a report of a fault
    .value = FILE
param-where = Keep the rows that meet this condition; several must all be met
    .value = EXPR
param-sort = Sort by these columns, each with :desc for largest first
    .value = COL[:desc],…
param-columns = These columns only, in this order
    .value = COL,…
param-sample = Keep so many rows chosen at random
    .value = N
param-seed = Which random rows; the same seed gives the same rows
    .value = N
param-limit = At most so many rows; -1 is all
    .value = N
param-encoding = Encoding of a text file, such as cp932, euc-jp or utf-16le
    .value = NAME
param-delimiter = The character between fields, or tab
    .value = CHAR
param-no-header = The first line is data and does not name the columns
param-all-text = Read every column of a text file as text
param-input-format = Format of the input, whatever its name says
    .value = NAME
param-timeout = Give up after this time, such as 30s or 5m
    .value = TIME
param-max-bytes = Refuse to read files larger than this, such as 500MB
    .value = SIZE
param-max-memory = Most memory to use, such as 4GB; half of what is free if not given
    .value = SIZE
param-max-rows = Refuse queries that a server expects to handle more rows than this
    .value = ROWS
param-max-cost = Refuse queries that a server expects to cost more than this, in its own unit
    .value = COST
param-fail-empty = End with code 6 if no row is left
param-output = Write to this file; - is standard output
    .value = FILE
param-format = Format of the output: csv, tsv, json, jsonl, parquet, arrow, xlsx, md or term; of charts also png and svg, of reports html and py too; sql for the query instead of the rows, where they are at a database
    .value = NAME
param-json = The same as --format json
param-bom = Begin CSV and TSV with a byte order mark, for Excel
param-excel-safe = Keep spreadsheets from taking text for formulas (CSV and TSV)

# The settings of the configuration file.
config-lang = The language of the program; from the locale if not set
config-theme = The colours
config-keymap = “default”, “visidata”, or the path of a file that goes on top of the default keys
config-mouse = Whether the mouse is used
config-hyperlinks = Whether addresses in cells are given to the terminal as links
config-max-memory = Most memory a task may take, such as 4GB; half of what is free if not set
config-connections = Sources with a name; each is opened as NAME:PATH

# What the codes mean that the program ends with.
exit-done = Done.
exit-failed = The operation failed.
exit-usage = The command line or the configuration is wrong.
exit-connect = A source cannot be reached or does not let us in.
exit-timeout = The time limit passed.
exit-refused = A guard refused: memory, size, read-only.
exit-check = Done, but a check that was asked for did not hold.
exit-interrupted = Stopped by the person.

# doctor
doctor-title = What was found
doctor-status = Status
doctor-check = Check
doctor-found = Found
doctor-remedy = Remedy
doctor-ok = fine
doctor-warn = look
doctor-fail = wrong
doctor-failed = { $count ->
    [one] One thing is wrong.
   *[other] { $count } things are wrong.
}
doctor-version = Version
doctor-terminal = Terminal
doctor-terminal-none = standard output is not a terminal
doctor-terminal-is = TERM { $term }, { $columns } × { $rows }
doctor-terminal-tmux = inside tmux
doctor-terminal-dumb = TERM does not say what the terminal can do.
doctor-terminal-remedy = Set TERM, for instance to xterm-256color.
doctor-colour = Colours
doctor-colour-none = none (NO_COLOR or TERM=dumb)
doctor-colour-true = 16 million
doctor-colour-256 = 256
doctor-colour-16 = 16
doctor-letters = Letters
doctor-letters-utf8 = UTF-8
doctor-letters-other = the locale is { $locale }, which is not UTF-8
doctor-letters-remedy = Set LANG to a UTF-8 locale, such as C.UTF-8 or ja_JP.UTF-8.
doctor-language = Language
doctor-files = Configuration files
doctor-files-none = none; everything is as built in
doctor-setting = Setting { $name }
doctor-value = { $value } (from { $place })
doctor-environment = the environment
doctor-one-of = “{ $value }” is not one of: { $names }
doctor-size = “{ $value }” is not a size.
doctor-keys = Keys
doctor-keys-found = { $name }: { $count } commands have a key
doctor-cache = Cache folder
doctor-state = Folder for recent tables
doctor-folder-none = this system names none
doctor-folder-remedy = Make it writable, or name another one with { $variable }.
doctor-memory = Memory
doctor-memory-found = { $free } free, { $budget } for one task
doctor-memory-little = { $free } free, { $budget } for one task: sorting and profiling large tables may be refused
doctor-connection = Connection { $name }
doctor-connection-kind = There is no kind of source “{ $kind }”.
doctor-connection-remedy = Correct “kind” in the configuration file.

# What gen writes.
gen-shell = Which shell is not known.
gen-keys-title = Keys
gen-keys-about = Keys of the presets “default” and “visidata”. A file of your own goes on top (keymap in the configuration); its names are those of the second column.
gen-column-keys = Keys ({ $name })
gen-column-command = Command
gen-column-name = Name
gen-column-help = What it does
gen-column-flag = Option
gen-column-code = Code
gen-reference-title = Reference
gen-commands-title = Commands
gen-settings-title = Configuration
gen-exit-title = Exit codes
gen-man-name = NAME
gen-man-synopsis = SYNOPSIS
gen-man-description = DESCRIPTION
gen-man-options = OPTIONS
gen-man-commands = COMMANDS
gen-schema-title = Configuration of mekiki
gen-connections = The settings of one source
error-no-other-tables = There is no table called “{ $name }” here.

## Recipes
cmd-save-recipe = Save what was done
    .help = Saves the table's name and everything done to it as a recipe: a file that opens with the same steps in force, and that “mekiki run” carries out.
    .words = save session recipe steps history script automate replay 保存 レシピ 手順 履歴 セッション 自動化 再実行
cmd-run = Carry out a recipe
    .help = Opens the recipe's table, or another one with the same columns, does its steps in order and writes its outputs; without any, the last table goes to standard output.
    .words = run recipe replay steps script batch 実行 レシピ 手順 再実行 バッチ 自動化
param-recipe = The recipe, a .toml file
    .value = RECIPE
param-instead = Another table to do it to, with the same columns
    .value = LOCATOR
param-param = A value by its name: of a variable of a recipe, or of a parameter of a query (given several times, the query runs for each value)
    .value = NAME=VALUE
param-dry-run = Say what would be done, and check the recipe and the columns, without doing it
error-recipe = { $path }, line { $line }, column { $column }: { $what }
error-recipe-text = { $path } is not UTF-8 text.
hint-recipe-text = A recipe is a text file. Save it as UTF-8.
recipe-syntax = This is not valid TOML: { $cause }.
hint-recipe-syntax = Texts stand in quotes, and each key stands once.
recipe-no-version = There is no version.
hint-recipe-no-version = Begin the recipe with: version = 1
recipe-version = Version { $version } is not known here, only version 1.
hint-recipe-version = Use the mekiki that wrote it, or a newer one.
recipe-unknown-key = There is no key “{ $name }” here.
recipe-unknown-op = There is no step called “{ $name }”.
recipe-unknown-word = “{ $name }” is not one of the words that can stand here.
recipe-unknown-kind = There is no kind of values called “{ $name }”.
recipe-missing-key = “{ $name }” is missing.
hint-recipe-missing = Add a line: { $name } = …
recipe-wrong-value = “{ $name }” does not fit; it has to be { $expected }.
recipe-wants = { $what }
recipe-wants-count = a whole number, not negative
recipe-wants-integer = a whole number
recipe-wants-number = a number
recipe-wants-text = a text in quotes
recipe-wants-character = one character in quotes
recipe-wants-flag = true or false
recipe-wants-list = a list in square brackets
recipe-wants-table = keys with values
recipe-other = This cannot be read: { $cause }.
recipe-placeholder = A variable is not written as it should be.
hint-recipe-placeholder = Write { $variable } with letters, digits, _ and -; write { $plain } for a dollar and a brace that stand for themselves.
recipe-variable-name = A variable cannot be called “{ $name }”, only by letters, digits, _ and -, with no digit first.
recipe-no-value = The variable “{ $name }” has no value.
hint-recipe-no-value = Give one with -p { $name }=…, or a default under [variables].
recipe-output-twice = { $path } is written twice.
hint-recipe-output = The ending of the name decides the format: { $names }.
recipe-column-missing = Step { $step } needs the column “{ $name }”, which is missing in this table.
error-recipe-variable = { $path } has no variable “{ $name }”.
hint-recipe-no-variables = It has no variables at all.
error-recipe-step = { $path }, line { $line }, step { $step }: { $what }
error-recipe-param = “{ $text }” is not a variable with a value.
hint-recipe-param = Write -p name=value.
error-recipe-save = This cannot be saved as a recipe: { $cause }
error-recipe-secret = The recipe would carry a password.
hint-recipe-secret = Use a connection of your configuration in place of an address with a password.
error-recipe-result = This result was made by no step that can be saved.
hint-recipe-result = Save the table it was made from.
notice-recipe-kind = Column “{ $name }” was of the kind “{ $was }” when the recipe was saved; it is “{ $is }” now.
notice-recipe-outputs = { $count ->
    [one] The recipe writes a file, which is not done here: “mekiki run” does it.
   *[other] The recipe writes { $count } files, which is not done here: “mekiki run” does it.
}
recipe-plan = Nothing is done; this is what would be.
recipe-plan-open = Open { $name }
recipe-plan-step = { $words }
recipe-plan-write = Write the table to { $path }
note-recipe-undrawn = Step { $step } ({ $words }) was not drawn, since the recipe does not say where to: add output = "{ $path }" to it, or run with -o { $path }.
recipe-plan-write-step = Write what step { $step } makes to { $path }
recipe-plan-out = Write the table to standard output
hint-recipe-limit = Without an output of the recipe, { $limit } rows are shown; --limit N gives others, -o FILE writes all.
prompt-save-recipe = Save what was done as:
recipe-exists = { $path } exists already.
recipe-saved = Saved to { $path }. To do it again: mekiki run { $path }
recipe-saved-without = { $count ->
    [one] Saved to { $path }, without an output that was written after a step that is gone.
   *[other] Saved to { $path }, without { $count } outputs that were written after steps that are gone.
}
recipe-values = Values of { $path }
recipe-values-note = The recipe leaves these open. Enter opens its table and does its steps.
recipe-value = { $name }
task-recipe = Steps of { $name }
cli-kind-recipe = recipe
# Connections, their secrets and the line to them.
error-connection-setting = The connection “{ $name }” cannot be used: { $key } { $cause }
hint-connection-setting = Correct it in the configuration file; config.example.toml describes every key.
hint-connection-add = Add it as a connection: open the link in the program, or write [connections.NAME] with kind = "redash", url = "{ $url }" and api_key into your configuration.
error-secret-env = { $setting }: the variable { $place } is not set.
error-secret-command = { $setting }: the command gave nothing or failed: { $place }
error-secret-keychain = { $setting }: the keychain has no entry “{ $place }”.
error-secret-empty = { $setting } is empty ({ $place }).
hint-secret = Write it as env:NAME, command:PROGRAM, file:PATH or keychain:NAME.
error-secret-open = { $setting }: others can read { $path }.
hint-secret-open = Keep it to yourself: chmod 600 { $path }
error-http-start = The network cannot be used: { $cause }
error-http-header = The header “{ $name }” has a name or a value that cannot be sent.
error-http-ca = The file of certificate authorities cannot be read: { $cause }
error-http-url = The address is wrong: { $cause }
error-http-connect = { $host } cannot be reached: { $cause }
hint-http-connect = Check the address, the network, and the proxy (HTTPS_PROXY, NO_PROXY).
error-http-proxy = The proxy on the way to { $host } wants a user and a password.
hint-http-proxy = Write them into its address: http_proxy=http://USER:PASSWORD@HOST:PORT.
hint-http-plain = The server answered without encryption: try its address with http:// in the place of https://.
hint-http-tls = If the server signs its certificate itself, name its authority's file as ca_file.
error-http-cut = { $host } broke off in the middle of an answer: { $cause }
error-http-silent = { $host } said nothing for { $seconds } { $seconds ->
    [one] second
   *[other] seconds
}.
hint-http-silent = Try again, or allow more with “timeout” in the connection.

# Redash.
error-redash-locator = “{ $path }” names nothing on a Redash server.
hint-outside = your editor
error-editor = The editor did not end well ({ $cause }); the text is as it was.
hint-editor = EDITOR or VISUAL names the program; without them it is vi.
editor-keys = the keyboard is in use
hint-redash-locator = Write a query's number (redash:2000), queries?q=WORDS, mine, favorites, recent, archive, tags, dashboards/ID, data-sources/ID or sql/DATA-SOURCE, with live/ before a query or sql to leave its rows there; or paste a link.
error-redash-no-table = “{ $path }” is a list, not a table.
error-redash-login = { $host } does not accept the key, or the key is a query's and was used for something else.
hint-redash-login = Take the key from your profile page in Redash. A query's own key opens that query only.
error-redash-missing = There is no such thing on { $host }, or it was removed.
error-redash-no-result = { $host } has no stored result of this query.
error-redash-forbidden = { $host } does not allow this with your key: { $cause }
error-redash-barred = { $host } refuses this (status { $status }).
error-redash-page = { $host } answered with a web page where data was expected.
error-redash-refused = { $host } did not understand the request.
error-redash-strange = { $host } answered with something that is not Redash's.
hint-redash-url = Check “url” in the connection: with https, the sub-path, or the organisation (https://host/acme).
error-redash-moved = { $host } sends requests on to { $to }.
error-redash-wall = A login page stands before { $host }: { $to }
error-redash-wall-401 = A password is asked for before { $host }.
hint-redash-wall = If a gateway stands before the server, give what it wants as headers of the connection, such as Proxy-Authorization.
error-redash-large = The request is larger than { $host } takes.
error-redash-busy = { $host } lets no more requests in for now (status 429), after { $attempts ->
    [one] one attempt
   *[other] { $attempts } attempts in { $seconds } s
}.
hint-redash-busy = The server asks for fewer requests. Try again in a few minutes; whoever looks after it can say how many it allows.
hint-redash-busy-until = The server asks for fewer requests. Try again in { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
}, as it says; whoever looks after it can say how many it allows.
error-redash-broken = { $host } failed by itself (status { $status }). { $cause }
error-redash-away = { $host } is not there behind its gateway (status { $status }).
error-redash-status = { $host } answered with status { $status }. { $cause }
error-redash-query = Redash: { $cause }
error-redash-silent = The query failed on { $host } without a message.
hint-redash-silent = The worker may have run out of memory, or a value cannot be kept (NaN). Try fewer rows, or cast odd columns to text.
error-redash-slow = The query was not done after { $seconds } { $seconds ->
    [one] second
   *[other] seconds
}.
hint-redash-slow = Allow more with “time_limit” in the connection.
error-redash-cut = The result breaks off in the middle.
error-redash-json = The result is not the JSON that was expected (at byte { $place }).
error-redash-cell = A single value in the result is too large.
error-redash-changed = The columns turned out to be of other kinds while the result was read.
error-redash-parameter = The query wants a value for “{ $name }”.
hint-redash-parameter = Values of { $name } are written like: { $form } (on the command line: -p { $name }=VALUE)
error-redash-unknown-parameter = The query has no parameter “{ $name }”.
hint-redash-parameters = Its parameters are: { $names }
hint-redash-no-parameters = It has no parameters at all.
error-redash-pattern = “{ $value }” does not match the pattern of “{ $name }”.
error-redash-number = “{ $value }” is not a number, which “{ $name }” takes.
error-redash-choice = “{ $value }” is not among the values of “{ $name }”.
error-redash-dynamic = “{ $value }” is not a date that “{ $name }” knows.
error-redash-date = “{ $value }” is not a date, which “{ $name }” takes.
error-redash-range = “{ $value }” is not a range of dates, which “{ $name }” takes.
error-redash-sweep = That would be more than { $most } runs.
notice-left-out = Left out { $values }: { $cause }
notice-redash-mixed = Values of several kinds, kept as text: { $names }
notice-redash-digits = Numbers too large or too fine for a number column, kept as text: { $names }
notice-redash-html = HTML shown as its text: { $names } (html = "keep" in the connection keeps it)
redash-reachable = Redash { $version } at { $host }, as { $user }
redash-queued = waiting for a worker
redash-running = running on the server
notice-redash-live = The rows stay with the data source: what you do to them runs there as SQL around the query, each time anew, and is judged by the values there. Shown are dates and numbers as Redash sends them.
notice-redash-kept = Not asked live, so this is the stored result: { $why }
redash-live-hidden = the key does not see the query's text or its data source.
redash-live-dialect = “{ $name }” is of the type { $kind }, whose SQL mekiki does not write.
redash-live-sweep = several values for one parameter are several runs.
hint-redash-live = The query has to be one that can stand in brackets: select … from ( … ). Its stored result opens without “live/”.
error-redash-live-braces = Redash would take “{"{{"}” in the condition for a parameter.
error-redash-many = The answer would be more than { $most } rows.
error-no-other-way = There is no other way to read this table: only saved queries and statements of Redash can be worked on where they are.
redash-age = data from { $age }
redash-age-now = just now
redash-age-minutes = { $count } min ago
redash-age-hours = { $count } h ago
redash-age-days = { $count } { $count ->
    [one] day
   *[other] days
} ago
redash-sweep = { $count } runs
redash-sweep-part = { $count } of { $of } runs
missing-title = Read what again?
missing-only = { $count ->
    [one] Only the one that could not be had
   *[other] Only the { $count } that could not be had
}
missing-all = Everything
missing-none = Nothing is missing from this table.
missing-had = Everything is there now.
missing-told = { $count ->
    [one] One value could not be had: press { $key } to ask again, { $why } to see why.
   *[other] { $count } values could not be had: press { $key } to ask again, { $why } to see why.
}
missing-still = { $count ->
    [one] One value still could not be had: press { $key } to ask again, { $why } to see why.
   *[other] { $count } values still could not be had: press { $key } to ask again, { $why } to see why.
}
task-missing = Asking for what is missing from { $name }
redash-favourites = Favourites
redash-mine = My queries
redash-recent = Recent
redash-tags = Tags
redash-archived = Archived
redash-dashboards = Dashboards
redash-data-sources = Data sources
redash-count = { $count } { $count ->
    [one] query
   *[other] queries
}
redash-parameters = { $count } { $count ->
    [one] parameter
   *[other] parameters
}
redash-never = never run
redash-draft = draft
redash-paused = paused
redash-every-second = { $count ->
    [1] every second
   *[other] every { $count } seconds
}
redash-every-minute = { $count ->
    [1] every minute
   *[other] every { $count } minutes
}
redash-every-hour = { $count ->
    [1] every hour
   *[other] every { $count } hours
}
redash-every-day = { $count ->
    [1] every day
   *[other] every { $count } days
}
redash-every-week = { $count ->
    [1] every week
   *[other] every { $count } weeks
}
redash-every-week-on = { $count ->
    [1] every week on { $day }
   *[other] every { $count } weeks on { $day }
}
redash-every-at = { $every } at { $time }
redash-every-until = { $every }, until { $until }
redash-every-off = { $every } (switched off)
redash-weekdays = Monday Tuesday Wednesday Thursday Friday Saturday Sunday
redash-card = About this query
redash-card-property = property
redash-card-value = value
redash-card-name = Name
redash-card-description = Description
redash-card-tags = Tags
redash-card-owner = Owner
redash-card-parameters = Parameters
redash-card-last = Last result
redash-card-runtime = Run time
redash-card-schedule = Schedule
redash-card-sql = SQL
cli-parameter = “{ $value }” gives no value to a parameter.
cli-hint-parameter = Write -p NAME=VALUE; give it several times for a run with each value.
param-max-age = Take a stored result of a query no older than this, else run it; 0 always runs it
    .value = TIME
param-match = Only entries with these words in their name, remark or SQL
    .value = WORDS

start-connections = Connections
hint-about = about it
asks-title = Values for { $name }
asks-label = Value
asks-fresh = Run it now
asks-each = A run for each
    .help = Several values with commas in this one’s field are several runs, and their results one table with the value in a column.
asks-each-none = no, one run
asks-form = Written like: { $form }
asks-note = Enter opens the stored result, or runs the query.
# ---- cleaning ----
cmd-clean = Clean the table
    .hint = clean
    .help = Finds columns that are empty, constant or say what another column says, and rows that repeat; shows each with its reason, and drops what is ticked.
    .words = clean cleanse preprocess duplicates dedupe distinct constant empty missing tidy quality drop クリーニング 前処理 重複 削除 欠損 定数 掃除 名寄せ 整形
    .cli = Drops columns that are empty, constant or say what another column says, and rows that repeat. Without -o, only says what it would do.
cmd-clean-receipt = Show the receipt of the last cleaning
    .help = Shows what the last cleaning found in this table and what was done about it.
    .words = clean receipt report what was dropped クリーニング 結果 明細 削除した列
step-clean = cleaned
step-clean-keys = cleaned by { $columns }
param-clean-keys = Rows are the same if they agree in these columns; otherwise in all columns that stay
    .value = COL,…
param-clean-keep = Keep these columns, whatever is found about them
    .value = COL,…
param-clean-without = Leave these out: missing-null, missing-nan, missing-empty, constant, constant-or-missing, identical, renamed, duplicate-rows
    .value = KIND,…
param-clean-numbers-alike = A column of 1 and a column of 1.0 hold the same
param-clean-nearly-empty = Also drop columns missing in at least this share of the rows (0.95 or 95%)
    .value = SHARE
param-clean-nearly-constant = Also drop columns in which one value fills at least this share of the rows looked at (0.99 or 99%)
    .value = SHARE
param-clean-drop = Also drop these columns
    .value = COL,…
param-clean-mask = Make these columns unreadable but for the first character
    .value = COL,…
param-clean-trim = Cut blanks at the ends of texts in these columns (* for all that have any)
    .value = COL,…
param-clean-fold = Fold upper case to lower in these columns (* for all where spellings differ)
    .value = COL,…
param-clean-sentinels = Take words such as NA, NULL or - for missing in these columns (* for all that have any)
    .value = COL,…
param-clean-cast = Read these columns of text as integer, float, date or boolean
    .value = COL:TYPE,…
param-clean-check = End with code 6 if anything would be dropped
clean-hint-without = Known are missing-null, missing-nan, missing-empty, constant, constant-or-missing, identical, renamed and duplicate-rows.
clean-hint-cast = Write COL:integer, COL:float, COL:date or COL:boolean.
clean-hint-share = Write a share such as 0.95 or 95%.
clean-bad-share = { $share } is no share of rows: it must be above 0 and at most 1.
clean-missing = all missing
clean-constant = constant
clean-constant-or-missing = constant or missing
clean-identical = same as another column
clean-renamed = same under other names
clean-duplicate-rows = repeated rows
clean-nearly-empty = nearly empty
clean-nearly-constant = nearly constant
clean-blanks = blanks at the ends
clean-spellings = spellings
clean-sentinels = words for missing
clean-readable = text that is more
clean-personal = personal data
clean-asked = named by you
clean-why-null = no row has a value
clean-why-nan = every row is NaN
clean-why-empty = every row is an empty text
clean-why-missing = every row is missing, NaN or an empty text
clean-why-constant = one value in every row
clean-why-constant-or-missing =
    one value, missing in { $rows ->
        [one] 1 row
       *[other] { $rows } rows
    }
clean-why-identical = holds what { $twin } holds
clean-why-renamed = { $twin } under other names ({ $values } values, one to one)
clean-why-rows =
    { $rows ->
        [one] 1 row repeats an earlier one
       *[other] { $rows } rows repeat earlier ones
    } in every column that stays
clean-why-rows-keys =
    { $rows ->
        [one] 1 row repeats an earlier one
       *[other] { $rows } rows repeat earlier ones
    } in { $columns }
clean-why-nearly-empty = { $percent }% of the rows are missing or empty
clean-why-nearly-constant = one value in { $percent }% of { $rows } rows looked at
clean-why-blanks =
    { $rows ->
        [one] 1 text begins or ends with blanks
       *[other] { $rows } texts begin or end with blanks
    }
clean-why-spellings =
    { $values ->
        [one] 1 spelling differs
       *[other] { $values } spellings differ
    } from another by case or blanks only (in the rows looked at)
clean-why-sentinels =
    { $rows ->
        [one] 1 text says
       *[other] { $rows } texts say
    } “missing” (NA, NULL, -, …)
clean-why-readable =
    { $rows ->
        [one] 1 text
       *[other] { $rows } texts
    } can be read as { $kind }; { $lost } would become missing
clean-why-email = looks like e-mail addresses
clean-why-phone = looks like phone numbers
clean-why-name = its name says names of persons
clean-why-address = its name says addresses
clean-why-asked = you asked for it
clean-note-unjudged = Too many columns change together to compare them all; not judged whether these are renamings: { $names }
clean-note-there = Decided at { $place } ({ $engine }) in { $queries ->
        [one] { $queries } query
       *[other] { $queries } queries
    }; { $rows ->
        [one] { $rows } row
       *[other] { $rows } rows
    } came here as a sample for what is only offered.
clean-note-any-row = The rows are in no order: which of those with the same keys stays is up to { $place }. Sort first to decide it.
clean-note-first-row = Of the rows with the same keys, the first in the order of { $columns } stays.
clean-elsewhere = These rows are no longer where they were looked at. Look again.
clean-stage-count = { $name } counts what each column holds
clean-stage-sample = { $name } gives a sample
clean-stage-columns = { $name } compares columns
clean-stage-rows = { $name } counts the rows that differ
error-output-sql = Only rows that are at a database have a query that gives them.
hint-output-sql = Open a view of a connection, and keep to what is done there; a note says what was done here, and why.
sql-view-name = “{ $name }” is no name of a view; write for example mart.v_clean.
param-create-view = Write the statement that makes a view of this name, for whoever may run it
    .value = NAME
land-expected = { $place }: about { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}, { $size }, { $seconds } s
land-expected-untimed = { $place }: about { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}, { $size }
land-now = Bring them here
land-file = Write them to a Parquet file
land-not = Leave them there
land-here = These rows are here already.
note-landed = { $rows ->
        [one] { $rows } row is
       *[other] { $rows } rows are
    } here now: what follows is done here.
step-land = brought here
task-forecast = What bringing { $name } here takes
server-view-title = For { $place } ({ $engine }), to hand on: not run from here
prompt-create-view = Name of the view
export-create-view = View (empty: the query)
export-sql-title = Write the query
export-sql-note = The text of the query, or of the statement that makes a view of it. Nothing is run.
export-view-format = Only a query makes a view: { $path } has to end in .sql.
exported-sql = Wrote the query to { $path }.
hint-create-view = as a view
hint-save-file = to a file
hint-sent = what was sent
hint-its-sql = its SQL
clean-nothing-left = Nothing would be left: all { $columns } columns would be dropped.
clean-nothing-left-hint = Keep at least one column: untick it, or use --keep COL or --without constant.
clean-effect = action
clean-column = column
clean-kind = finding
clean-why = why
clean-rows = rows
clean-effect-dropped = dropped
clean-effect-changed = changed
clean-effect-masked = masked
clean-effect-kept = kept
clean-effect-offered = offered
clean-receipt =
    { $rows ->
        [one] 1 row
       *[other] { $rows } rows
    } × { $columns ->
        [one] 1 column
       *[other] { $columns } columns
    } left; gone: { $rows-gone ->
        [one] 1 row
       *[other] { $rows-gone } rows
    }, { $columns-gone ->
        [one] 1 column
       *[other] { $columns-gone } columns
    }
clean-all-ticked = With these ticks none of the { $columns } columns would be left. Untick one with Space.
clean-would = Would give: { $receipt }
clean-line = { $effect }: { $column } – { $why }
clean-line-rows = { $effect }: { $why }
clean-more = … and { $count } more; --json gives them all
clean-check =
    There is something to clean: { $rows } { $rows ->
        [one] row
       *[other] rows
    } and { $columns } { $columns ->
        [one] column
       *[other] columns
    } would be dropped.
clean-preview = Clean { $name }
clean-working = Looking at every row …
clean-nothing = There is nothing to clean.
clean-rows-all = (rows)
clean-place = { $at } of { $count }
clean-done = Cleaned: { $receipt }
clean-no-receipt = This table has not been cleaned.
clean-receipt-of = Receipt for { $name }
task-clean = looking for what to clean in { $name }
hint-clean = clean
## Charts
step-chart = { $kind }: { $columns }
chart-guessed = chart
chart-bar = bars
chart-line = line
chart-histogram = histogram
chart-density = density
chart-scatter = scatter
chart-box = box plot
chart-heatmap = heat map
chart-cumulative = cumulative share
chart-rows = number of rows
chart-sum-of = sum of { $column }
chart-mean-of = mean of { $column }
chart-min-of = smallest { $column }
chart-max-of = greatest { $column }
chart-title-by = { $what } by { $column }
chart-title-shares = Share of { $what } by { $column }
chart-title-heat = { $x } and { $y }
chart-title-scatter = { $y } against { $x }
chart-title-histogram = Distribution of { $column }
chart-title-density = Density of { $column }
chart-title-cumulative = Cumulative share of { $column }
chart-density-axis = density
chart-share = share in percent
chart-share-up-to = rows up to the value, in percent
chart-panel = { $column } = { $value }
chart-missing = (missing)
chart-empty = (empty text)
chart-yes = yes
chart-no = no
chart-others = { $count ->
    [one] 1 other
   *[other] { $count } others
}
chart-n = { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}
chart-n-missing = { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}, { $missing } left out for want of a value
chart-note-infinite = { $rows ->
    [one] 1 row with an infinite value is left out.
   *[other] { $rows } rows with an infinite value are left out.
}
chart-note-not-positive = { $rows ->
    [one] 1 row with zero or less is left out: it has no place on a logarithmic axis.
   *[other] { $rows } rows with zero or less are left out: they have no place on a logarithmic axis.
}
chart-note-outside = { $rows ->
    [one] 1 row lies so far from the rest that it is beyond the axis.
   *[other] { $rows } rows lie so far from the rest that they are beyond the axis.
}
chart-note-others = “{ $column }” has { $distinct } different values; { $shown } are shown one by one.
chart-note-others-about = “{ $column }” has very many different values (about { $distinct }); { $shown } are shown one by one, and rare ones were counted roughly.
chart-note-bucket = “{ $column }” is put together by { $bucket }.
chart-note-bins = “{ $column }” is put together in { $bins } intervals.
chart-note-width = Each bar is { $width } of “{ $column }” wide.
chart-note-bandwidth = Smoothed with a normal curve of standard deviation { $width } (Silverman's rule).
chart-note-boxes = Box: middle half of the values, with the median; whiskers: the outermost values within 1.5 box lengths.
chart-note-box-sample = Boxes of very many rows are drawn from a random sample of them.
chart-note-outliers = { $count ->
    [one] 1 value beyond the whiskers is not drawn.
   *[other] { $count } values beyond the whiskers are not drawn.
}
chart-note-fields = { $rows } rows are counted in { $x } × { $y } fields; each step of colour multiplies the count.
chart-note-sample = { $drawn } of { $rows } rows are drawn, chosen at random.
chart-error-no-column = No column to chart is named.
chart-hint-columns = Name columns with --x and --y.
chart-error-bins = The number of intervals must lie between 1 and { $most }.
chart-error-kind = “{ $column }” ({ $type }) does not suit this chart: { $kind }.
chart-hint-number = Choose a column of numbers or dates, or another kind of chart with --kind; “mekiki chart” chooses one by itself if none is named.
chart-error-second = This chart needs a second column: { $kind }.
chart-error-one-column = This chart ({ $kind }) shows one column; “{ $column }” is one too many.
chart-error-measure = “{ $measure }” needs a column of numbers for y.
chart-error-measure-colour = “{ $measure }” in a heat map needs a column of numbers: name it with --colour.
chart-error-nested = “{ $column }” ({ $kind }) cannot be charted.
chart-hint-nested = Unfold it into plain columns first.
chart-error-colour = This chart ({ $kind }) uses colour already; choose another kind, or small charts by --facet.
chart-error-nothing = There is nothing to draw: no row has the values that are needed ({ $missing } lack them).
chart-error-column-empty = “{ $column }” holds no value that could be drawn.
chart-error-not-positive = “{ $column }” holds no value above zero, so it cannot be drawn on a logarithmic axis.
chart-hint-nothing = Check the filter, or choose another column.
figure-unit-seconds = seconds
figure-unit-millions = millions
figure-unit-billions = billions
figure-unit-trillions = trillions
figure-label-unit = { $label } ({ $unit })
bucket-second = second
bucket-seconds = { $n } seconds
bucket-minute = minute
bucket-minutes = { $n } minutes
bucket-hour = hour
bucket-day = day
bucket-days = { $n } days
bucket-week = week
bucket-month = month
bucket-months = { $n } months
bucket-quarter = quarter
bucket-year = year
bucket-years = { $n } years
plot-more-panels = { $count ->
    [one] 1 more panel does not fit here.
   *[other] { $count } more panels do not fit here.
}
plot-more-categories = { $count ->
    [one] 1 more line does not fit here.
   *[other] { $count } more lines do not fit here.
}
error-image = The image cannot be made: { $cause }
error-image-size = An image of { $size } cannot be made.
hint-image-size = Width and height go from { $least } to { $most }, the scale from 0.25 to 8, and an image holds at most 40 million pixels.
error-output-image = A table cannot be written as { $name }: that is a format of images.
hint-output-image = Draw it with “mekiki chart”, or choose one of: { $names }.
task-chart = Chart { $name }
chart-no-more = No other kind of chart suits these columns.
chart-colour-title = Tell apart by colour
chart-colour-none = (no colours)
chart-second-title = Second column, along y
chart-second-none = (none: count rows)
chart-path = Write the image to (.png or .svg):
chart-log-on = Logarithmic axis.
chart-log-off = Plain axis.
hint-chart-kind = kind
hint-chart-second = column
hint-chart-colour = colour
hint-chart-log = log
hint-chart-measure = values
hint-chart-export = file
chart-working = Drawing…
cmd-chart = Chart this column
    .hint = chart
    .help = Draws the column under the cursor as a chart; in a result, its first figure for each row. The kind is chosen from the values and can be changed with Left and Right.
    .words = chart plot graph figure draw visualise bar line histogram scatter box heatmap density png svg グラフ 図 チャート 描く 棒 折れ線 散布図 ヒストグラム 箱ひげ 分布 画像
    .cli = Draws columns as a chart: in the terminal, as PNG or as SVG.
param-kind = The kind of chart; chosen from the columns if not given
param-x = The column along x, or the one to count
    .value = COLUMN
param-y = The column along y
    .value = COLUMN
param-chart-measure = What is made of y (in a heat map of --colour) where rows share a place; the mean if not given
param-colour = The column that colours tell apart; up to eight values, the rest together. In a heat map the column of numbers shown by colour
    .value = COLUMN
param-facet = The column that gives each of its values a panel; up to twelve
    .value = COLUMN
param-log = Logarithmic axis for the values
param-bins = So many intervals at most
    .value = N
param-width = Width of the image in points, or of text in columns
    .value = N
param-height = Height of the image in points, or of text in lines
    .value = N
param-scale = Pixels of a PNG for a point; 2 if not given
    .value = N
param-title = A title in place of the usual one
    .value = TEXT
drawn-title = Numbers of the chart
drawn-panel = panel
drawn-layer = part
drawn-group = group
drawn-x = x
drawn-x-to = x to
drawn-y = y
drawn-y-to = y to
drawn-value = value
chart-facet-title = A small chart for each value
chart-facet-none = (one chart)
hint-chart-facet = panels
hint-chart-picture = show
chart-picture-sent = The picture took { $size } ({ $way }). Any key goes back.
chart-picture-again = The terminal has not been asked yet: press p once more.
chart-picture-none = This terminal did not say that it can show pictures (kitty, iTerm2 or sixel).
chart-picture-large = The picture would take { $size }, more than the { $limit } that are sent to a terminal.
hint-chart-picture-large = Write it to a file with e, or make the window smaller.
task-picture = Draw the picture
chart-error-image = { $path }: an image is written as .png or .svg.
offer-sample = Do it on a random sample of { $rows } rows
offer-nothing = Leave it
note-sampled = A random sample of { $rows } of { $total } rows (seed { $seed }).
note-sampled-there = The sample was drawn at { $place }, by what stands in the rows: the same seed draws the same rows there, but others from a copy here, where rows have numbers.

## Shape
step-rename = { $from } is now { $to }
step-rename-many = { $columns ->
    [one] 1 column renamed
   *[other] { $columns } columns renamed
}
step-cast = { $columns } as { $kind }
step-derive = { $column } = { $value }
step-flatten = fields of { $columns }
step-flatten-all = fields of all columns
step-bucket = { $column } by { $unit }
step-bucket-zone = { $step } in { $zone }
step-limit = first { $rows ->
    [one] row
   *[other] { $rows } rows
}
step-params = keys of { $column }
step-params-keys = { $keys } of { $column }
step-explode = items of { $columns }
step-unpivot = { $columns ->
    [one] 1 column
   *[other] { $columns } columns
} into rows
step-pivot = { $measure } by { $columns }
step-join = joined with { $table } on { $keys }
step-join-guess = joined with { $table }
step-sessions = sessions of { $user } ({ $gap })
step-sessions-summary = one row for each session of { $user } ({ $gap })
step-sql = { $query }
unit-second = second
unit-minute = minute
unit-hour = hour
unit-day = day
unit-week = week
unit-month = month
unit-quarter = quarter
unit-year = year
unit-seconds = seconds
unit-milliseconds = milliseconds
unit-microseconds = microseconds
unit-nanoseconds = nanoseconds
join-left = every row here, with what it finds
join-inner = rows that find one
join-outer = every row of both
join-anti = rows here that find none
join-semi = rows here that find one, each once
join-preview = { $met } of { $left } rows ({ $percent } %) find a row in the other table; the result has { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}.
join-preview-fan-out = { $met } of { $left } rows ({ $percent } %) find rows in the other table, one of them up to { $most }; the result has { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}.
note-cast-lost = { $rows ->
    [one] 1 value
   *[other] { $rows } values
} of “{ $column }” could not be made into { $kind } and became missing, for example “{ $example }”.
note-epoch = The numbers in “{ $column }” were taken as { $unit } since 1970.
note-offsets = Times in “{ $column }” say how far they are from UTC; they are shown in UTC. Give a zone for another one.
note-params-left = { $shown } keys became columns; { $keys ->
    [one] 1 rarer key was left out: { $names }
   *[other] { $keys } rarer keys were left out: { $names }, …
}
note-params-absent = No row has these keys: { $keys }
note-unpivot-text = The columns hold different kinds of values, so “{ $column }” holds text.
note-join-guess = Joined on { $key }, as names and values suggest.
note-join-order = The other table is large, so the rows stand in its order.
note-sessions = { $sessions ->
    [one] 1 session
   *[other] { $sessions } sessions
} found.
note-sessions-without = { $rows ->
    [one] 1 row has
   *[other] { $rows } rows have
} no user or no time and { $rows ->
    [one] belongs
   *[other] belong
} to no session.
error-column-exists = There is already a column “{ $name }”.
hint-column-exists = Choose another name, or rename that column too.
error-column-unnamed = A column needs a name.
error-convert = “{ $name }” ({ $kind }) cannot be made into { $target }.
error-target = “{ $name }” is not a kind of values.
error-format = “{ $format }” is not a form of dates and times.
hint-format = Write it as in %Y-%m-%d %H:%M:%S.
error-zone = There is no time zone “{ $name }”.
hint-zone = Zones are called as in Asia/Tokyo, Europe/Berlin or UTC.
error-unit = “{ $name }” is not a unit of time.
error-not-time = “{ $name }” holds no dates or times ({ $kind }).
hint-not-time = Change its type to a date or a time first.
error-date-clock = “{ $name }” holds dates, which have no { $unit }.
error-derive = “{ $text }” does not say which column gets which value.
hint-derive = Write it as in total = price * quantity.
error-no-struct = No column has fields.
hint-no-struct = Only columns whose values have named fields can be opened.
error-not-struct = “{ $name }” has no fields ({ $kind }).
hint-not-struct-list = Give each item of the list a row first.
error-bucket = “{ $text }” is not a column with a span of time.
hint-bucket = Write it as in time:day or time:week:Asia/Tokyo.
error-not-list = “{ $name }” holds no lists ({ $kind }).
hint-not-list = Only columns of lists can be made into rows.
hint-not-list-struct = It has fields: open those instead.
error-list-lengths = In some row the lists of “{ $one }” and “{ $two }” have different lengths.
hint-list-lengths = Make rows of one column at a time.
error-not-params = “{ $name }” is no list of keys with values ({ $kind }).
hint-not-params = Such a list has items with a field “key” and a field “value”, as event_params of Google Analytics 4.
error-params-none = There is no key in “{ $column }”.
error-measure = “{ $name }” is not a measure.
error-measure-value = The measure “{ $measure }” needs a column to measure.
error-measure-kind = The measure “{ $measure }” does not suit “{ $name }” ({ $kind }).
error-pivot-same = “{ $column }” cannot stand in the rows and in the columns.
error-pivot-columns = “{ $column }” has { $n } different values; a table can have { $most } columns at most.
hint-pivot-columns = Filter them first, or take a column with fewer values.
error-pivot-memory = The result would need about { $size } of memory; { $limit } are allowed.
hint-pivot-memory = Keep only the commonest values first (rank shows them), take fewer or other columns for the rows, or allow more with --max-memory.
error-key-nested = “{ $name }” cannot be compared ({ $kind }).
error-join-how = “{ $name }” is not a way to join.
error-join-key = “{ $text }” is not a pair of columns.
error-join-no-key = A join needs a column that both tables have.
error-join-no-guess = No column of this table looks like the key of the other one.
hint-join-key = Write it as in user_id, or user_id=id where the names differ.
error-join-kinds = “{ $left }” ({ $kind }) and “{ $right }” ({ $other }) cannot be equal.
hint-join-kinds = Change the type of one of them first, so that both hold the same kind of values.
error-join-memory = Neither table fits into memory: the smaller one needs about { $size }, { $limit } are allowed.
hint-join-memory = Choose fewer columns or rows of the smaller table, or allow more with --max-memory.
error-join-preview = The keys do not fit into { $limit } of memory, so the matches were not counted.
error-sessions = “{ $text }” is not a user column and a time column.
hint-sessions = Write it as in user_id:time or user_id:time:30m.
error-gap = “{ $text }” is not a span of time.
hint-gap = Write it as in 30m, 1h, 90s or 1d.
error-sessions-memory = The sessions would need about { $size } of memory; { $limit } are allowed.
hint-sessions-memory = Filter or sample the rows, or allow more with --max-memory.
error-sql = The query cannot be answered: { $cause }
error-sql-at = The query cannot be answered, character { $place }: { $text } ({ $cause })
error-sql-select = Only questions are answered; this begins with “{ $word }”.
hint-sql-select = Begin with SELECT or WITH.
hint-sql = Write it as in select country, count(*) from this group by country.
hint-sql-column = A column's name with spaces or other signs stands in double quotes.
hint-sql-tables = Tables: { $names }

cmd-limit = Keep the first rows
    .help = Keeps a number of rows from the top, in the order they are shown.
    .words = limit head first top rows 先頭 上位 件数 制限
cmd-explode = Items of a list into rows
    .help = Gives each item of the lists in this column a row of its own; the other columns are repeated.
    .words = explode unnest list array rows リスト 配列 行 展開 縦
cmd-join = Join another table
    .help = Adds the columns of another table where keys are equal; keys are suggested, and how many rows match is shown before.
    .words = join merge lookup vlookup combine left inner outer anti 結合 突合 連結 照合 マージ
cmd-pivot = Values into columns (pivot)
    .help = Makes a column for each value of this column and fills it with a count, a sum or another measure.
    .words = pivot wide crosstab cross table spread cast ピボット 横持ち クロス集計 集計表
cmd-unpivot = Columns into rows (unpivot)
    .help = Turns several columns into rows, with the column's name beside each value.
    .words = unpivot melt long gather stack columns rows 縦持ち アンピボット 縦 変換
cmd-sessions = Sessions out of events
    .help = Numbers the sessions of each user: events belong together until none came for a while.
    .words = session sessionize visit events gap user セッション 訪問 行動 イベント
cmd-sql = Ask in SQL
    .help = Answers a SELECT over the open tables; the answer opens in a tab of its own.
    .cli = Answers a SELECT over tables; each is called by its file's name, or by the name before it (users=data/u.csv). The first is also called “this”.
    .words = sql query select join group question クエリ 問い合わせ 検索文
cmd-rename = Rename this column
    .help = Gives this column another name.
    .words = rename name column title 名前 改名 列名 変更
cmd-change-type = Change the type of this column
    .help = Makes the values into numbers, text, dates, times or yes/no; what cannot be made into them becomes missing and is counted.
    .words = type cast convert number date text parse 型 種類 変換 数値 日付 文字
cmd-derive = New column by an expression
    .help = Adds a column computed from others, such as price * quantity, or replaces the one of that name.
    .words = derive compute formula expression calculate add column mutate 計算 式 列 追加 数式
cmd-expand = Open the fields of this column
    .help = Puts fields, or keys with values such as event_params, into columns of their own; gives the items of plain lists rows.
    .words = expand flatten unnest struct fields json event_params ga4 key value 展開 項目 入れ子 イベントパラメータ
cmd-time-bucket = Day, week or month of a time
    .help = Adds the hour, day, week, month, quarter or year that each time lies in, in a zone you choose.
    .words = bucket day week month quarter year hour truncate date_trunc timezone 日 週 月 年 時間帯 日別 月別
cmd-shape = Change columns and rows
    .help = Renames, converts, computes, opens, joins, pivots: each flag is a step, and they are carried out in the order given.
    .words = shape transform reshape convert derive join pivot 整形 変形 加工 変換
prompt-rename = New name:
prompt-limit = How many rows:
prompt-join = Table to join (… with encoding=cp932 where it has to be said):
prompt-sql = SQL ({ $names })
shape-columns = Columns
shape-to = Make into
shape-format = Form of dates
shape-zone = Time zone
shape-name = Name
shape-value = Value
shape-time = Time column
shape-every = One for each
shape-across = Values of
shape-rows = A row for each
shape-measure = Filled with
shape-measured = Of column
shape-user = User column
shape-gap = Ends after
shape-summary = One row per session
shape-cast-note = Form and zone are for dates and times only, such as %d/%m/%Y and Asia/Tokyo. What cannot be converted becomes missing and is counted.
shape-derive-note = For example price * quantity, if(age < 20, 'young', 'adult'), date_trunc('month', day), split_part(path, '/', 2). A name that is there already is replaced.
shape-bucket-note = Days begin at midnight in the zone, such as Asia/Tokyo. Times without a zone are not shifted.
shape-pivot-note = Several row columns are separated by commas; count needs no column to measure.
shape-sessions-note = A session ends when nothing came for this long, such as 30m or 1h.
shape-key-rows = { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}
shape-keys-title = Keys that become columns
shape-unpivot-title = Columns that become rows
join-title = Join with
join-other = Another table…
join-form-title = Join { $table }
join-on = Equal columns
join-how = Rows
join-note = Enter shows how many rows match before anything is done.
join-note-others = Also possible: { $keys }. Enter shows how many rows match before anything is done.
join-note-none = No key was found by name or by values. Write it as in user_id, or user_id=id.
join-do = Join
join-leave = Not now
task-join-look = looking at { $table }
error-spelling = --{ $flag } “{ $text }” cannot be read.
hint-spelling = Write it as in: { $form }
error-open-option = “{ $text }” is not a way to read a table.
cli-sql-twice = Two tables are called “{ $name }”.
cli-hint-sql-name = Give one of them a name of its own: other=LOCATOR.
param-query = The query, one SELECT
    .value = SQL
param-table = A table, NAME=TABLE, or TABLE with encoding=… delimiter=…
    .value = TABLE
param-shape-rename = Give columns other names
    .value = OLD=NEW,…
param-shape-cast = Make columns into number, whole, text, date, datetime, time or boolean; with a form or a zone for dates and times
    .value = COL:KIND[:FORM|ZONE]
param-shape-derive = Add a column, or replace the one of its name
    .value = "NAME = EXPR"
param-shape-flatten = Put the fields of columns into columns of their own; * is all, however deep
    .value = COL,…|*
param-shape-params = Put keys with values (event_params) into columns: these keys, or the most frequent
    .value = COL[:KEY,…]
param-shape-bucket = Add the second, minute, hour, day, week, month, quarter or year of a time, in a zone
    .value = COL:UNIT[:ZONE]
param-shape-explode = Give each item of lists a row
    .value = COL,…
param-shape-unpivot = Turn columns into rows of a name and a value
    .value = COL,…
param-shape-pivot = Make a column for each value; filled with count, sum, mean, min, max, first or distinct
    .value = "COL[:MEASURE[:COL]] by ROW,…"
param-shape-join = Add the columns of another table, read with options where they are given; as left, inner, outer, anti or semi
    .value = "TABLE on KEY[=KEY],… as HOW"
param-shape-sessions = Number the sessions of users, which end after a gap (30m)
    .value = USER:TIME[:GAP]
param-shape-session-table = As --sessions, with one row for each session instead
    .value = USER:TIME[:GAP]
param-shape-first = Keep the first rows at this point
    .value = N
cmd-rank = Rank by this column
    .hint = rank
    .help = Counts how often each value of this column occurs, most frequent first, in a tab of its own. Enter there shows the rows behind a value.
    .cli = Groups rows and puts the groups in order by what is measured in them: counts, sums, means, shares, changes.
    .words = rank group frequency count top aggregate pivot sum mean ランキング 順位 集計 頻度 グループ 合計 平均
cmd-rank-by = Rank by several columns…
    .help = Asks for the columns that make the groups and for what is measured in them. Sums and means of floating-point numbers that a server works out may differ from those of a copy here in their last digits: it adds them up in an order of its own.
    .words = rank group by aggregate pivot sum mean median share period change sparkline line trend ランキング 集計 グループ 合計 平均 割合 期間 比較 推移
param-by = The columns whose values make the groups
    .value = COL,…
param-measure = What is measured in each group, the first deciding the order: count, sum:COL, mean:COL, median:COL, min:COL, max:COL, first:COL, present:COL, distinct:COL, quantile:COL:0.9
    .value = MEASURE
param-top = Keep so many groups; those equal to the last stay too
    .value = N
param-others = Put the groups that are not kept together in one row
param-ascending = The smallest first
param-across = Spread the first measure over columns, one for each value of this column
    .value = COL
param-time = The column of time for --period and --spark
    .value = COL
param-period = Measure the last full period, and the change against the one before it
param-spark = Add a small line for each group: the first measure by day, week, month, quarter or year of --time (or of the first column of dates)
step-rank = ranked by { $columns }
rank-tab = Rank of { $columns }: { $name }
rank-others = others
rank-missing = missing
rank-none = (none)
rank-form-title = Rank
rank-form-by = Groups by
rank-form-measure = Measures
rank-form-top = Top
rank-form-others = A row for the others
rank-form-across = Across
rank-form-period = Compare periods
rank-form-line = Line over time
rank-form-time = Time column
rank-form-note = Measures: count, sum:COL, mean:COL, median:COL, min:COL, max:COL, first:COL, present:COL, distinct:COL, quantile:COL:0.9. Several names are separated by commas.
period-day = day
period-week = week
period-month = month
period-quarter = quarter
period-year = year
error-rank-measure = “{ $text }” is not a measure.
hint-measure = Write count, or one of present, distinct, sum, mean, median, min, max, first with a column (sum:price), or quantile:price:0.9.
error-rank-measure-kind = The { $measure } of the column “{ $column }” makes no sense, since it holds values of the kind { $kind }.
hint-measure-kind = Choose a column of numbers, change this column's type first, or use count or distinct.
error-period = “{ $text }” is not a period.
error-rank-by = There is no column to make groups by.
hint-rank-by = Name one or more columns with --by.
error-rank-period = A period needs a column of time, and a column of time needs a period or a line.
error-rank-time = The column “{ $column }” holds no dates by which periods could be told apart.
error-rank-time-beyond = Some dates in “{ $column }” lie beyond what a calendar can tell (about the year 262,000).
hint-rank-time-beyond = Leave them out first, by a condition on that column.
error-rank-line-time = There is no column of dates a line could run along.
error-rank-line-across = A line over time and columns across do not go together.
error-rank-line-measure = A line needs numbers, and “{ $measure }” gives none.
error-rank-line-long = A line by this span would have more than { $most } points: the dates in “{ $column }” lie too far apart.
hint-rank-line-long = Take a longer span (week, month, quarter, year), or filter out dates that cannot be.
error-rank-line-memory = Lines of { $points } points for { $groups } groups do not fit into the { $allowed } of memory allowed.
hint-rank-line-memory = Keep fewer groups (a top), take a longer span, or allow more with --max-memory.
error-memory-rank = There are { $groups } groups so far, and they no longer fit into the { $allowed } of memory allowed.
note-rank-period = Measured from { $from } to { $to }, the last full period, and compared with the one before it.
note-rank-line = The line shows { $measure } by { $period } of “{ $column }”, { $points } { $points ->
        [one] point
       *[other] points
    } from { $from } to { $to }; each has its own scale, from zero.
note-rank-line-missing = { $count ->
        [one] One row has
       *[other] { $count } rows have
    } no “{ $column }” and { $count ->
        [one] is
       *[other] are
    } in no line.
note-rank-nan = { $count ->
    [one] One value of “{ $column }” is not a number (NaN) and was left out.
   *[other] { $count } values of “{ $column }” are not numbers (NaN) and were left out.
}
note-rank-others = { $count ->
    [one] One more group is in the row of the others.
   *[other] { $count } more groups are in the row of the others.
}
note-rank-top = Shown are { $kept } of { $groups } groups.
note-rank-ties = { $count ->
    [one] One more group equals the last of the top { $top }, and is shown too.
   *[other] { $count } more groups equal the last of the top { $top }, and are shown too.
}
note-rank-across = Only the { $kept } most frequent of { $columns } columns are shown.
http-waiting = asking again in { $seconds } s
cli-left-out = Part of what was asked for could not be had; the notes above say which.
cli-hint-left-out = Run it again with --max-age 3600: what the server has run within the hour is taken from there, and only the rest is run.
clean-failed = It could not be found out; see below.
note-rank-ties-cut = { $count } more groups equal the last of the top { $top }, and are not shown.
cmd-ab = A/B test…
    .help = Compares the arms of an experiment and says in one sentence what follows. The columns are guessed; change them or press Enter.
    .cli = Compares the arms of an experiment, from a table or from counts, and says in one sentence what follows.
    .words = ab test experiment variant conversion bayes posterior significance p-value uplift lift 実験 テスト 有意差 検定 ベイズ 効果 比較
    .json =
        arms[]: name, n, conversions, rate, mean, sd, posterior, p_best, expected_loss
        comparisons[]: arm, baseline, difference, lift, p_better, p_worse, expected_loss_if_arm, expected_loss_if_baseline, tests, decided_by, p_adjusted (holm, bh), days, segments
        posterior, difference, lift: mean, median, sd, hdi95 [low, high], eti95 [low, high]
        tests: z, fisher, yates, welch, mann_whitney, newcombe, miettinen_nurminen, delta_method, cuped and others; each with what it has of statistic, df, p_value, ci95
        checks[]: name, status (ok, warn, block), value, p_value, meaning
        verdict: status (win, lose, no_difference, undecided, blocked), sentence
        metric, kind, lower_is_better, adjusted_for, winsorised_at, unit, metrics[] (of several), sequential (with --plan)
        Difference is arm − baseline, lift is arm / baseline − 1; what is not defined is null.
param-ab-variant = The column that says which arm a row belongs to; guessed where missing
    .value = COL
param-ab-metric = What is compared: 0 or 1, yes or no, or an amount; the first decides the verdict
    .value = COL
param-ab-arm = An arm by its counts, instead of a table
    .value = NAME=CONVERSIONS/PEOPLE
param-ab-baseline = The arm the others are compared with
    .value = NAME
param-ab-unit = The column of those who were divided into the arms; rows of one are put together
    .value = COL
param-ab-kind = What the metrics are compared as; told from their values where missing
param-ab-denominator = The column whose sum the metric’s sum is divided by (clicks over impressions)
    .value = COL
param-ab-covariate = A value from before the start to adjust for (CUPED)
    .value = COL
param-ab-day = The day somebody came in: shows the result day by day
    .value = COL
param-ab-segment = Compare within the values of this column too
    .value = COL
param-ab-lower = The smaller value is the better one (complaints, waiting times)
param-ab-margin = The smallest difference that matters, in the metric’s unit (a rate’s as a fraction: 0.01 is one point)
    .value = X
param-ab-winsorise = Put amounts beyond this quantile of all arms to it
    .value = 0.99
param-ab-bootstrap = Add bootstrap intervals of the medians and means (4,999 resamples, --seed)
param-ab-planned = How many people were planned in all, to say whether the end is reached
    .value = N
param-ab-prior = Prior of the rates: conversions and others seen beforehand (1,1), uniform or jeffreys
    .value = A,B
param-ab-alpha = The two-sided level of the decision (0.05)
    .value = LEVEL
param-ab-split = The planned shares of the arms, the baseline first (equal where missing)
    .value = 50:50
step-ab = A/B test of { $metrics } by { $variant }
error-ab-arm = “{ $text }” is not an arm.
hint-ab-arm = Give each arm as NAME=CONVERSIONS/PEOPLE, such as --arm A=118/2000 --arm B=90/2000.
error-ab-arm-more = The arm “{ $name }” has more conversions ({ $conversions }) than people ({ $n }).
error-ab-more = There are more conversions ({ $conversions }) than people ({ $n }).
error-ab-twice = The arm “{ $name }” is there twice.
error-ab-arms = { $count } arms cannot be compared; it takes 2 to { $most }.
error-ab-prior = This prior cannot be used.
hint-ab-prior = Give two numbers of at least 0.01: conversions and others seen beforehand, such as --prior 1,1, or uniform, or jeffreys.
error-ab-numbers = The numbers cannot be computed: { $cause }.
error-ab-alpha = The level { $alpha } is not above 0 and at most 0.5.
error-ab-baseline = There is no arm “{ $name }” to compare with.
hint-ab-baseline = The arms are: { $names }.
error-ab-split = The planned split has { $count } positive shares, but there are { $arms } arms.
error-ab-variants = The column “{ $column }” has more than { $most } values, so it does not name the arms of a test.
hint-ab-variants = Name the column that says who got which variant, with 2 to 10 values.
error-ab-one-arm = The column “{ $column }” has fewer than two arms ({ $names }), so there is nothing to compare.
error-ab-metric = The column “{ $column }” holds text such as “{ $value }”, which is neither a number nor yes or no.
hint-ab-metric = A metric is 0 or 1, yes or no, or an amount.
error-ab-mixed = The column “{ $column }” mixes yes and no with other numbers.
error-ab-no-metric = There is no metric to compare.
error-ab-same = “{ $column }” says which arm a row belongs to, so it cannot be the metric too.
error-ab-no-variant = No column looks like the arms of a test.
error-ab-variant-many = “{ $column }” looks like the arms of a test, but has more than { $most } different values.
error-ab-variant-one = “{ $column }” looks like the arms of a test, but has one value only ({ $value }).
hint-ab-variant-many = Keep the arms to compare with --where or a filter, or name another column with 2 to 10 values.
hint-ab-variant-one = Look whether a filter or a limit left out the other arm, or name another column with 2 to 10 values.
error-ab-memory = There are { $units } different units so far, and they no longer fit into the { $allowed } of memory allowed.
hint-ab-memory = Leave the unit out if each row is one person already, or allow more memory.
ab-value = { $value }
ab-none-of = none of { $n }
ab-all-of = all of { $n }
ab-odds = about 1 time in { $count }
ab-odds-tiny = less than 1 time in a billion
ab-better-rate = { $better } did better than { $worse }: { $value } against { $other }, a difference of { $difference } points (likely { $low } to { $high }). The probability that { $better } is truly better is { $probability }.
ab-better-mean = { $better } did better than { $worse }: { $value } against { $other }, a difference of { $difference } (likely { $low } to { $high }). The probability that { $better } is truly better is { $probability }.
ab-win-of-several = { $sentence } That { $arm } is the best of all { $arms } arms has a probability of { $probability }.
ab-win-next = Go with { $arm }: if that is wrong after all, it costs { $loss } on average. What { $arm } costs to run is not in these numbers.
ab-about-points = about { $value } points
ab-under-points = less than { $value } points
ab-about = about { $value }
ab-under = less than { $value }
ab-lose-of-several = Every other arm did worse than { $baseline }. The nearest: { $sentence }
ab-lose-next = Keep { $baseline }: a switch to { $arm } would cost { $loss }. Change { $arm } before you test it again.
ab-undecided-rate = Not decided: the data cannot tell { $arm } ({ $value }) from { $baseline } ({ $other }). The true difference likely lies between { $low } and { $high } points; the probability that { $arm } is better is { $probability }.
ab-undecided-mean = Not decided: the data cannot tell { $arm } ({ $value }) from { $baseline } ({ $other }). The true difference likely lies between { $low } and { $high }; the probability that { $arm } is better is { $probability }.
ab-undecided-several-rate = Not decided: no arm is clearly better than { $baseline } ({ $other }). The nearest is { $arm } ({ $value }): its true difference likely lies between { $low } and { $high } points, and the probability that it is better is { $probability }.
ab-undecided-several-mean = Not decided: no arm is clearly better than { $baseline } ({ $other }). The nearest is { $arm } ({ $value }): its true difference likely lies between { $low } and { $high }, and the probability that it is better is { $probability }.
ab-undecided-none = Not decided: there is too little in the data to compare.
ab-undecided-reach = No difference found is not no difference: with this many people, a change of less than about { $points } points ({ $lift }) would often be missed.
ab-undecided-next = No difference found is not no difference: a small one would be missed.
ab-undecided-reach-mean = No difference found is not no difference: with this many, a change of less than about { $points } ({ $lift }) would often be missed.
ab-blocked-ratio = Do not read this yet: the arms have { $sizes } where { $split } was planned, which chance alone gives { $odds }.
ab-blocked-ratio-next = Find out why people are missing or counted twice. If another split was planned, give it as the planned split (--split).
ab-blocked-empty = There is nothing to compare yet: no arm has any data.
ab-blocked-empty-next = Come back once there are data.
ab-blocked = Do not read this yet: { $why }
ab-blocked-next = The numbers below are shown for completeness.
ab-failed-ratio = The split of the arms does not fit the plan (sample-ratio mismatch).
ab-other-metric = { $metric }: { $sentence }
ab-borderline = A borderline case for { $arm }: the z test gives p = { $z }, Fisher’s exact test p = { $fisher }, on both sides of { $level }.
ab-check-sample-ratio = split of the arms
ab-check-sample-ratio-found = The arms have { $sizes } where { $split } was planned; chance alone gives this { $odds }. Find out why.
ab-check-few = units per arm
ab-check-few-found = an arm has only { $value } of the two that a comparison needs at least.
ab-check-same = spread of the values
ab-check-same-found = every value is the same, so nothing can be told from chance.
ab-check-small = smallest expected count
ab-check-small-found = Very few conversions (only { $value } expected in a cell): Fisher’s exact test decides.
ab-check-repeated = rows per unit
ab-check-repeated-found = The { $rows } rows belong to { $units } different values of “{ $column }”. They were put together: one that converted once counts as converted, amounts are added up.
ab-check-several = units in several arms
ab-check-several-found = { $count } of “{ $column }” were in several arms and are left out. Find out why.
ab-check-tests = comparisons made
ab-check-tests-found = { $count } comparisons were made; their p-values are adjusted for that (Holm).
ab-check-lift = size of the effect
ab-check-lift-found = A change of { $lift } is too large to believe at once: check the logging first.
ab-check-alike = names of the arms
ab-check-alike-found = “{ $one }” and “{ $other }” differ in their spelling only: if they are one arm, give them one name first (c, clean), or nothing here is true.
ab-check-no-before = values from before the start
ab-check-no-before-found = { $count } without a value of “{ $column }” are left out of the adjusted comparison; Welch’s test beside it has them.
ab-check-missing = missing values
ab-check-missing-found = { $count } without a value of “{ $column }” are left out.
ab-check-line = { $title }: { $value }. { $meaning }
ab-check-line-p = { $title }: { $value } ({ $p }). { $meaning }
ab-check-line-bare = { $title }. { $meaning }
ab-check-sample-ratio-ok = { $sizes } fits the plan ({ $split }).
ab-check-binary = not 0 or 1
ab-check-binary-found = { $count } values of “{ $column }” are neither 0 nor 1, so it is no conversion. Leave --kind out to compare means, or clean the column.
ab-check-repeated-suspected = “{ $column }” has repeated values in the first rows: if it names who was divided into the arms, say so with --unit, or every interval is too narrow.
ab-check-repeated-ok = Each { $column } is there once.
ab-check-several-ok = Nobody is in two arms.
ab-check-tests-ok = One comparison: nothing to adjust.
ab-check-lift-ok = Nothing unbelievable.
ab-check-missing-ok = Every value is there.
ab-check-days = days
ab-check-days-found = Only { $count } days: people behave differently on each day of the week. Wait for seven full days.
ab-check-days-ok = { $count } days are in.
ab-check-weeks = whole weeks
ab-check-weeks-found = { $count } days are no whole weeks, so some days of the week count more than others. Stop at a whole week.
ab-check-weeks-ok = Whole weeks: every day of the week counts alike.
ab-check-novelty = slope per day
ab-check-novelty-found = The difference changes by { $slope } per day: novelty may wear off, or learning set in. Look at the days, and judge by the last ones.
ab-check-novelty-ok = The daily difference shows no trend.
ab-check-simpson = segments against the whole
ab-check-simpson-found = In every segment of “{ $column }” the difference points the other way (Simpson’s paradox): believe the segments, not the whole, and find out why they are mixed differently.
ab-check-simpson-ok = The segments of “{ $column }” do not turn the result ({ $count } point the other way).
ab-check-mix = mix of segments
ab-check-mix-found = The segments of “{ $column }” are mixed differently in the arms: the arms are not comparable as a whole. Find out why.
ab-check-mix-ok = The segments of “{ $column }” are mixed alike in the arms.
ab-check-before = difference before the start
ab-check-before-found = The arms differed in “{ $column }” before the start: the split was not left to chance, or it was bad luck. Use the adjusted difference, and find out why.
ab-check-before-ok = The arms were alike in “{ $column }” before the start.
ab-check-end = planned end
ab-check-end-found = { $count } of { $planned } planned are in: reading before the end finds differences that are not there. Wait for the end.
ab-check-end-ok = All that were planned are in.
ab-check-size = smallest change seen
ab-check-size-found = Too small: a change of { $margin } matters, but one below { $detectable } would often be missed. More people are needed.
ab-check-size-ok = Large enough to see a change of { $margin }.
ab-check-of = { $title } ({ $metric })
ab-check-zero = denominator
ab-check-zero-found = in an arm the denominator adds up to nothing, so there is no ratio.
ab-note-cause = Likely means a 95% interval. That the variant is the cause holds only if chance decided who got which.
ab-note-rates = Rates: exact posteriors from a Beta({ $alpha }, { $beta }) prior; 95% intervals of arms leave out equal shares on both sides, those of differences are the shortest.
ab-note-means = “{ $column }”: mean of an amount, posterior Student’s t (Welch) with a flat prior.
ab-note-decides = Decided where the p-value (z, with few counts Fisher; for means Welch, for ratios the delta method; two-sided, Holm) is below { $level } and the probability agrees.
ab-note-no-variant = { $count } rows without a value of “{ $column }” are left out.
ab-note-units = Counted by “{ $column }”.
ab-note-no-unit = { $count } rows without a value of “{ $column }” are left out.
ab-note-rows = Each row was taken for one person; whether somebody is there more than once was not checked (name the column with --unit).
ab-note-ratio = “{ $value }” over “{ $column }”: a ratio of two sums, its error by unit (delta method), posterior normal.
ab-note-count = “{ $column }”: events per exposure, counts taken as Poisson, posterior Gamma with Jeffreys’ prior.
ab-note-cuped = Adjusted for “{ $column }” from before the start (CUPED), which takes away { $value }% of the difference’s variance; Welch’s test beside it is without.
ab-note-cuped-rate = The rates are compared as they are; the difference adjusted for “{ $column }” (CUPED) stands among the tests.
ab-note-winsorised = Values of “{ $column }” above { $value } were put to it in all arms alike.
ab-note-coarse = “{ $column }” has very many different values: for ranks and medians they were rounded to 1 part in 4,096.
ab-note-no-ranks = Only sums came from { $place }: Mann–Whitney and medians of “{ $column }” need every value and are left out.
ab-note-bootstrap = Bootstrap of “{ $column }”: 4,999 resamples, seed { $value }.
ab-note-no-bootstrap = “{ $column }” is too large for a bootstrap; with so many values Welch’s interval says the same.
ab-note-lower = Lower is better, as was said: better means smaller everywhere.
ab-note-segments = A segment was not what the test was planned for: among many of them some differ by chance.
ab-note-mix = { $metric }: whether the segments are mixed alike in the arms, { $p }.
ab-note-decide-from = Do not decide from this before { $day }: whole weeks are not in yet.
ab-note-band = The band is the 95% interval of one look; who looks every day will see it leave zero by chance.
ab-note-trend = { $metric }: whether the daily difference has a trend, { $p }.
ab-title = A/B test: { $metrics } by { $variant }
ab-title-counts = A/B test: { $arms }
ab-table = Arms
ab-table-of = Arms: { $metric }
ab-table-numbers = All numbers
ab-table-tests = Tests against { $baseline }
ab-table-queries = The queries
ab-head-query = Query
ab-table-checks = Checks
ab-table-days = By day: { $metric }, { $arm } − { $baseline }
ab-table-segments = By segment: { $metric }, { $arm } − { $baseline }
ab-table-tests-of = Tests against { $baseline }: { $metric }
ab-head-arm = Arm
ab-head-n = People
ab-head-conversions = Conversions
ab-head-rate = Rate
ab-head-mean = Mean
ab-head-value = Value
ab-head-value-low = Value low
ab-head-value-high = Value high
ab-head-interval = 95%
ab-head-points = Difference (points)
ab-head-difference = Difference
ab-head-difference-mean = Mean of difference
ab-head-difference-sd = SD of difference
ab-head-difference-low = Difference low
ab-head-difference-high = Difference high
ab-head-lift = Change
ab-head-lift-fraction = Change (fraction)
ab-head-lift-low = Change low
ab-head-lift-high = Change high
ab-head-better = P(better)
ab-head-best = P(best)
ab-head-loss = Expected loss
ab-head-metric = Metric
ab-head-test = Test
ab-head-statistic = Statistic
ab-head-df = df
ab-head-p = p-value
ab-head-holm = p (Holm)
ab-head-day = Day
ab-head-n-of = { $arm }: people
ab-head-value-of = { $arm }
ab-head-so-far = So far
ab-head-segment = { $column }
ab-head-formula = Formula, source
ab-head-ratio = Ratio
ab-head-count = Rate
ab-head-difference-interval = Difference 95% HDI
ab-head-lift-interval = 95% of change
ab-head-so-far-interval = 95% so far
ab-head-segment-interval = 95% of difference
ab-grade-ok = ok
ab-grade-warn = look
ab-grade-block = stop
ab-test-z = z, pooled
ab-test-fisher = Fisher, exact
ab-test-yates = chi-square, Yates
ab-test-newcombe = Newcombe interval
ab-test-miettinen-nurminen = Miettinen–Nurminen interval
ab-test-welch = Welch’s t
ab-test-mann-whitney = Mann–Whitney U
ab-test-delta = delta method, by unit
ab-test-cuped = CUPED, Welch’s t
ab-test-cluster = cluster-robust, by unit
ab-test-naive = naive, each row a unit
ab-test-poisson = Poisson, score
ab-test-poisson-exact = Poisson, exact
ab-test-tost = within the margin (TOST)
ab-test-non-inferiority = not worse by the margin
ab-test-bootstrap-median = medians, bootstrap
ab-test-bootstrap-mean = means, bootstrap
ab-figure-title = Where the true values probably lie
ab-figure-arms = Each arm
ab-figure-difference = { $arm } − { $baseline }, with its 95% interval and zero
ab-figure-daily = { $arm } − { $baseline }, all days so far, with its 95% band
ab-axis-rate = rate (%)
ab-axis-mean = mean
ab-axis-points = difference (points)
ab-axis-difference = difference
ab-axis-day = day
ab-guessed = Compared: { $metric } by { $variant } (guessed; choose with --metric and --variant).
ab-guessed-more = Compared: { $metric } by { $variant }, with { $columns } (guessed; choose with --metric and --variant).
ab-arms-and-table = With --arm there is no table to read.
ab-nothing = There is nothing to compare: no table and no arms.
cmd-analyse = Analyse…
    .help = Offers the analyses there are: compare the arms of an experiment, from this table or from counts.
    .words = analyse analyze analysis ab test experiment compare statistics 分析 実験 テスト 比較 統計
analyse-title = Analyse
analyse-ab = 1  A/B test
analyse-counts = 3  A/B test from counts alone
analyse-regression = 6  Regression adjustment
analyse-propensity = 7  Propensity score
analyse-impact = 8  Causal Impact
analyse-discontinuity = 9  Regression discontinuity
analyse-importance = 2  What drives this column?
analyse-not-yet = not there yet
ab-form-variant = Arms by
ab-form-metric = Metric
ab-form-baseline = Compare with
ab-form-unit = Unit (such as the user)
ab-form-no-unit = each row is one
ab-form-note = The columns were guessed: Enter compares, ← → change a choice. A metric is 0 or 1, yes or no, or an amount; several are separated by commas. The smallest change is in the metric’s unit (0.01 is one point).
ab-form-first = First arm (baseline)
ab-form-arm = Another arm
ab-form-counts-note = Each arm as NAME=CONVERSIONS/PEOPLE, a planned split as 90:10. Leave what is not needed empty.
ab-form-denominator = Divided by
ab-form-covariate = Value before the start
ab-form-day = Day
ab-form-segment = Segments
ab-form-lower = Lower is better
ab-form-margin = Smallest change that matters
ab-form-split = Planned split (equal if empty)
ab-form-none = none
ab-next-checks = Look at the checks before acting on it.
ab-same-rate = No difference that matters: between { $arm } and { $baseline } anything above ±{ $margin } points is ruled out (likely { $low } to { $high } points).
ab-same-mean = No difference that matters: between { $arm } and { $baseline } anything above ±{ $margin } is ruled out (likely { $low } to { $high }).
ab-same-several-rate = No difference that matters: for every arm, anything above ±{ $margin } points against { $baseline } is ruled out ({ $arm }: likely { $low } to { $high } points).
ab-same-several-mean = No difference that matters: for every arm, anything above ±{ $margin } against { $baseline } is ruled out ({ $arm }: likely { $low } to { $high }).
ab-same-next = Choose by other grounds: cost, simplicity.
ab-strip-ok = Checks: all { $count } ok.
ab-strip-warn = Checks: { $count } ok · look at: { $warn }.
ab-strip-block = Checks: { $count } ok · stop: { $block }.
ab-strip-both = Checks: { $count } ok · stop: { $block } · look at: { $warn }.
ab-segment-several = (several)
ab-segment-none = (none)
task-ab-guess = Looking for the columns of a test in { $name }
task-ab = A/B test of { $name }
hint-ab-details = every number
hint-ab-short = in short
hint-ab-copy = copy the sentence
error-ab-kind = “{ $text }” is not a kind of metric.
error-ab-day = The column “{ $column }” holds “{ $value }”, which is not a day.
hint-ab-day = A day is a date, a moment, a text such as 2026-11-21, or a whole number.
error-ab-parts = The column “{ $column }” has more than { $most } different values.
hint-ab-parts = Choose a column with fewer values, or put its values together first.
error-ab-no-denominator = A ratio needs a denominator.
hint-ab-denominator = Name the column to divide by with --denominator.
error-ab-winsorise = The quantile { $value } is not at least 0.5 and below 1.
error-ab-margin = The margin { $value } is not a number above zero.
error-ab-denominator = With a denominator, neither a covariate nor winsorising can be used.
hint-ab-together = Leave one of them out.
hint-ab-days = by day
hint-ab-segments = by segment

# Connections being added.
cmd-connections = Connections
    .help = Lists the connections of your configuration: Enter changes one, x removes it.
    .words = connection edit change settings key server list remove delete forget 接続 変更 編集 一覧 設定 キー 削除 解除
cmd-connect = Add a connection
    .help = Asks for a server and its key, checks them, and keeps the connection in your configuration.
    .words = connect login server redash api key new source 接続 追加 ログイン サーバー キー 設定
start-connect = Add a connection…
connections-title = Connections
connection-edit = { $name }: { $kind }
connection-remove-sure = Remove “{ $name }” from your configuration?
connection-keep = No, keep it
connection-remove = Yes, remove it and the key file written for it
connection-removed = “{ $name }” is no longer in { $path }.
error-connection-change = The connection is written in { $path } in a way that cannot be changed here without touching other lines.
hint-connection-change = Change “{ $name }” in the file with an editor.
error-secret-store = The system's keychain did not take the key for the account “{ $place }”.
hint-secret-store = It needs macOS, or secret-tool with a keyring that is open; account names have letters, digits and - _ . @. A file only you can read does as well.
connection-title = New connection: { $kind }
connection-name = Name
    .help = What you will write before the colon: team:2000. Letters, digits, “-” and “_”.
connection-url = Address
    .help = Where its pages begin, with the sub-path or the organisation if it has one: https://example.com/redash. A link copied from the browser will do.
connection-api-key = API key
    .help = From your profile page in Redash. Paste it here; it is not shown.
connection-kept = Kept
    .help = Where the key is kept. The configuration only says where; the key itself never stands in it.
connection-kept-file = in a file only you can read
connection-kept-env = in a variable of the environment
connection-kept-command = with a command that prints it
connection-kept-keychain = in the system's keychain
connection-place = Variable, command, account
    .help = The variable's name, the command line, or the account in the keychain. With a key typed above, the keychain takes it; else it is there already. For a key in a file: which file.
connection-ca-file = Authority (PEM file)
    .help = For servers that sign their certificates themselves. Usually empty.
connection-headers = Headers
    .help = For a gateway before the server: Proxy-Authorization = env:GATEWAY_TOKEN. Several with commas between them. Usually empty.
connection-timeout = Longest silence
    .help = How long the server may say nothing, such as 120s. Usually empty.
connection-time-limit = Longest run
    .help = How long a query may run before it is ended on the server, such as 1h. Usually empty.
connection-time-zone = Time zone
    .help = In which dates such as d_last_7_days are resolved, such as Asia/Tokyo. That of this machine if empty.
connection-html = HTML in cells
    .help = “text” shows what a browser would show as words, “keep” leaves it as it is.
connection-check = Check first
    .help = Asks the server who you are before anything is kept. Say no for the key of a single query, or for a server that cannot be reached now.
connection-found = { $found }. { $done }
connection-saved = “{ $name }” is kept in { $path }.
error-connection-name = “{ $name }” cannot be a connection's name: two or more letters of the Latin alphabet, digits, “-” and “_”.
error-connection-taken = There is already a connection “{ $name }”.
error-connection-field = “{ $label }” is empty, and a connection needs it.
error-connection-pairs = “{ $label }” must be like: Name = env:VARIABLE, Name = env:VARIABLE
error-connection-nowhere = There is no place for a configuration file on this machine.
error-connection-add = A connection cannot be added to { $path } without changing what stands there.
hint-connection-add-table = Give each connection a table of its own there, such as [connections.{ $name }].
notice-link-key = The key in the link was used this once and is not kept. To keep it, open the link in the program, or add { $url } as a connection.
task-connect = Connecting { $name }
task-running = Still under way: { $title }

# Statements.
statement-title = SQL for { $name }
task-nameable = Tables and columns of { $name }
hint-run = run
hint-complete = complete
hint-undo = undo
param-statement = The SQL for a place that takes some, such as redash:sql/warehouse
    .value = SQL
error-statement-missing = This place takes a statement, and there is none.
error-statement-second = There is a second statement; only one query can be run at a time.
error-statement-no-query = “{ $word }” does not begin a query; one begins with { $words }.
postgres-ask = Write a query (SQL)
hint-refresh = refresh
hint-statement-missing = Give it with --query "select …".
redash-ask = Ask in SQL
redash-schema = All tables and columns
error-redash-data-source = There is no data source “{ $name }”.
# Where a step ran
note-pushed = Done at { $place } ({ $engine }); only the answer came here.
push-not = Not done at { $place } but here, on its rows: { $why }
push-no-search = a match cannot be told there exactly as it is here.
push-no-step = it has no exact counterpart in SQL.
push-no-kind = column “{ $column }” ({ $kind }) has no order that is the same there and here.
push-no-expression = “{ $text }” does not mean exactly the same there.
push-no-constant = { $engine } has no way to write one of its values.
push-no-measure = “{ $measure }” is not exactly the same there.
push-no-odd = there are values that cannot be had here as they are there.
push-no-quantile = { $engine } only has approximate quantiles.
push-no-spread = periods and columns across are put together here.
push-no-others = the row for the others needs sums or counts only.
push-no-bootstrap = a bootstrap needs every value.
push-no-squares = its values are too large or too small to be squared there.
push-no-words = “{ $column }” is text with many different values.
push-no-spread-of-words = the greatest of very many means are found here.
push-no-log = a density by the logarithm needs every value.
push-no-groups = it has too many groups.
push-no-outliers = there are too many outliers to bring them one by one.
push-no-float = “{ $text }” could grow too large for a floating-point number, where the server stops with an error.
push-no-function = { $engine } has no such function.
push-no-cast = not every value of “{ $column }” becomes { $kind } in the same way there.
push-not-column = “{ $column }” is computed here; a step after it reads the rows of { $place }: { $why }
cmd-ab-plan = Plan a test…
    .help = How many people an A/B test needs and how long it runs, from the table in front or from numbers; the plan is kept, so that its end holds.
    .cli = Plans an A/B test: how many people, how many weeks, when to decide.
    .words = plan sample size power duration experiment mde 計画 サンプルサイズ 検出力 期間
    .json =
        plan: rate, mean, sd, change, relative_change, aim, alpha, alpha_each, power, split[], n_per_arm[], n_total, n_exact, design_effect, cluster_size, icc, groups_per_arm[], per_day, days_needed, weeks, days, start, end
        weeks[]: weeks, units, smallest_change, smallest_relative_change, power
        curve[]: n (people in an arm), power
        peeking[]: looks, false_alarms (their share)
        measured: what the table said, null without one
        verdict: status (planned), sentence
        Rates, changes and power are fractions; what is not defined is null.
cmd-ab-wizard = Which method answers it…
    .help = Five questions lead to the method that can answer what a change did, with what it assumes and needs.
    .cli = Tells the five questions that choose a method, and what each method needs.
    .words = wizard method choose causal propensity regression discontinuity impact experiment 手法 選ぶ 因果 ウィザード
param-plan-rate = How many convert now, as a rate (0.05 or 5%)
    .value = RATE
param-plan-mean = The mean of the amount now; with --sd
    .value = MEAN
param-plan-sd = The standard deviation of the amount
    .value = SD
param-plan-change = The smallest change that matters: a part of the value now (10%, the default) or in its own unit (0.005)
    .value = CHANGE
param-plan-aim = What to show: a difference, that the arm is not worse by the change, or that it is alike within the change
param-plan-power = How likely the change is to be found (0.8)
    .value = POWER
param-plan-alpha = The two-sided level of the decision (0.05)
    .value = LEVEL
param-plan-arms = How many groups, the baseline among them (2)
    .value = N
param-plan-split = The shares of the groups, the baseline first (equal where missing)
    .value = 50:50
param-plan-per-day = How many people enter the test in a day, all groups together
    .value = N
param-plan-cluster-size = People in a cluster (a shop, a class) that is assigned as a whole; with --icc
    .value = N
param-plan-icc = How alike people within a cluster are: correlation from 0 to 1
    .value = RHO
param-plan-start = The day the test begins (today)
    .value = DATE
param-plan-metric = The column of the metric: 0 or 1, yes or no, or an amount
    .value = COL
param-plan-unit = The column of those who will be divided (users); rows where missing
    .value = COL
param-plan-cluster = The column of what is assigned as a whole (shops)
    .value = COL
param-plan-day = The column that says when, for the traffic
    .value = COL
param-plan-save = Keep the plan, so that it is offered when the same table is analysed
param-ab-plan = The plan of the test (TOML): tells the price of reading before its end, and counts this reading
    .value = FILE
error-plan-change = “{ $text }” is not a change.
hint-plan-change = Give a part of the value now, such as 10%, or a change in its own unit, such as 0.005 for half a point.
error-plan-level = { $value } is not a level or a power: give a number between 0 and 1.
error-plan-no-change = No change at all can be looked for.
error-plan-range = No plan can be made from these numbers.
error-plan-rate = { $value } is not a rate between 0 and 1.
hint-plan-rate = Give the part that converts now, such as 0.05 or 5%. Where nobody or everybody does, there is nothing to plan from yet.
error-plan-sd = The mean must be a number and the standard deviation above zero.
error-plan-power = The power must be greater than the level.
error-plan-split = The shares are positive numbers with colons between them, one for each group, such as 50:50.
error-plan-traffic = Nobody enters the test: the people in a day must be more than zero.
error-plan-beyond = A change from { $from } to { $to } leaves the range from 0% to 100%.
error-plan-clusters = Clusters need both their size (1 or more) and their correlation (0 to 1).
error-plan-too-many = So small a change needs more people than there are.
error-plan-day = The column “{ $column }” holds no days.
hint-plan-day = Name a column of dates, or of text such as 2026-11-21.
error-plan-empty = The column “{ $column }” has fewer than two values to plan from.
error-plan-metric = The table needs a metric to plan from.
hint-plan-metric = Name its column with --metric.
error-plan-baseline = How things are now is not known.
hint-plan-baseline = Give --rate 0.05, or --mean 1200 --sd 3400, or a table with --metric COL.
error-plan-file = The plan { $path } cannot be read: { $cause }.
error-plan-form = it is not a plan of this version
error-plan-write = The plan cannot be written: { $cause }.
error-plan-nowhere = There is no folder to keep plans in.
error-plan-field = “{ $value }” does not do for “{ $field }”.
error-plan-export = A plan is not written as { $name }. Use html, md, json, png, svg, or toml for the plan itself.
plan-change-rate = { $change } points ({ $part })
plan-change-mean = { $change } ({ $part })
plan-change-plain = { $change }
plan-title = Plan of a test
plan-need-each = { $n ->
        [one] one person
       *[other] { $n } people
    } in each group
plan-need-split = { $sizes } people
plan-sentence = You need { $people }; at { $per_day } a day that is { $weeks ->
        [one] 1 week
       *[other] { $weeks } weeks
    } ({ $days } days). Decide on { $end }, not before.
plan-sentence-no-traffic = You need { $people }, { $total } in all.
plan-next = Save the plan now, and read the result once, on that day.
plan-next-long = That is long. In 4 weeks, { $change } is the smallest change you would find: look for a larger one, a metric with less noise, or more traffic.
plan-next-traffic = Say how many enter in a day to see how long it takes.
plan-warn-never = The end lies beyond the calendar.
plan-warn-groups = Only { $count } clusters in a group: with fewer than about 15 this size is too small, since differences between them weigh too much.
plan-warn-small = Fewer than five conversions are expected in a group: the formula is rough there.
plan-table-weeks = What you would find, week by week
plan-table-arms = Groups
plan-table-curve = Power by size of the baseline group
plan-table-looks = The price of peeking
plan-head-weeks = Weeks
plan-head-units = People in all
plan-head-smallest = Smallest change found
plan-head-margin = Smallest margin
plan-head-power = Power for the planned change
plan-head-people = People
plan-head-groups = Clusters
plan-head-looks = Looks
plan-head-false = False alarms
plan-arm-baseline = baseline
plan-arm = group { $number }
plan-arm-all = all
plan-axis-n = People in the baseline group
plan-axis-n-unit = People in the baseline group, { $unit }
plan-axis-power = Power (%)
plan-axis-weeks = Weeks
plan-axis-change = Smallest change found
plan-axis-change-percent = Smallest change found (% of now)
plan-figure = How likely { $change } is found
plan-value-rate = a rate of { $rate }
plan-value-mean = a mean of { $mean } (standard deviation { $sd })
plan-note-difference = From { $value }, a change of { $change } is found with a probability of { $power }, at a two-sided level of { $level }.
plan-note-non-inferiority = From { $value }: if the group is in truth alike, a probability of { $power } to show that it is not worse by { $change } (one-sided, at half of { $level }).
plan-note-equivalence = From { $value }: if the group is in truth alike, a probability of { $power } to show that it differs by less than { $change } either way (two one-sided tests at { $level }).
plan-formula-rates = Formula: z test of two rates, pooled variance under no effect (Fleiss).
plan-formula-means = Formula: t test of two means, power by the noncentral t.
plan-formula-alike = Formula: normal, the baseline’s variance in both groups (Julious 2004).
plan-note-arms = { $count } groups are compared with the baseline, each at a level of { $level }.
plan-note-clusters = People are assigned in clusters of { $size } with a correlation of { $icc }: { $effect } times as many are needed (design effect).
plan-note-peeking = Who reads five times and stops at the first p below { $level } is wrong { $price } of the time where there is nothing to find.
plan-measured = “{ $column }” now: { $each }{ $traffic }{ $missing }.
plan-measured-unit = { $units } values, one for each “{ $column }”
plan-measured-rows = { $units } values, one for each row
plan-measured-days = , { $per_day } new ones a day over { $days } days
plan-measured-no-days = , no days
plan-measured-all = { "" }
plan-measured-missing = , { $count } rows without a value left out
plan-saved = The plan is in { $path }.
plan-path = Write to (html, md, json, png, svg; toml for the plan itself):
plan-form-title = Plan a test
plan-form-none = none
plan-form-day = Day (for the traffic)
plan-form-cluster = Cluster (shop, class)
plan-form-columns-note = The columns that say how things are now; the columns are guesses.
plan-form-rate = Rate now
plan-form-mean = Mean now
plan-form-sd = Standard deviation
plan-form-change = Smallest change that matters
plan-form-per-day = People a day, all groups
plan-form-split = Shares of the groups
plan-form-power = Power
plan-form-alpha = Level (two-sided)
plan-form-aim = To show
plan-form-size = People in a cluster (shop…)
plan-form-icc = Correlation in a cluster
plan-form-start = First day
plan-form-plan = Plan
plan-form-note = The numbers are an example: put in your own. 10% is a part of the value now, 0.005 half a point. Empty fields count as unknown.
plan-aim-difference = a difference
plan-aim-non-inferiority = not worse by the change
plan-aim-equivalence = alike within the change
plan-choice = from { $start } to { $end }
task-plan = plan from { $name }
hint-plan-export = export
hint-plan-save = save the plan
peek-next = Wait for the planned end, or go by the sequential intervals below.
peek-over = The planned end is reached: { $units } of { $total } people.
peek-end = planned are { $total } people
peek-end-day = planned are { $total } people by { $end }
peek-warning = The planned end is not reached ({ $end }; there are { $units }, { $share }). This is look { $number }: who decides at the first p below { $level }, now or at the end, is wrong { $price } of the time where there is nothing to find. Wait, or read the sequential intervals below.
peek-some-decide = The sequential interval allows for reading early; where it says “yes”, the test may be stopped. Choose one method before looking, and stay with it.
peek-none-decides = The sequential interval allows for reading early; none of the methods stops the test now.
peek-table = What may be read before the end
peek-pocock = Pocock (spending)
peek-obrien-fleming = O’Brien–Fleming (spending)
peek-msprt = always valid (mSPRT)
peek-range = { $low } to { $high }
peek-head-method = Method
peek-head-interval = Sequential interval
peek-head-bound = |z| needed
peek-head-decides = Decides
analyse-plan = 4  Plan a test
analyse-wizard = 5  Which method answers it
wizard-title = Which method answers it
wizard-step = Which method answers it: question { $number } of { $of } at most
wizard-go-on = question { $number }
wizard-part-assumption = It assumes
wizard-part-bring = Bring
wizard-part-check = Check
wizard-part-sample = For example
wizard-computed = mekiki computes this. Plan the test first: mekiki ab plan.
wizard-not-yet = mekiki does not compute this yet.
wizard-no-method = mekiki does not compute an answer here, because there is none to compute.
hint-wizard-number = choose by number
hint-wizard-plan = plan the test
wizard-random = Can you choose at random who gets it?
    .help = By chance: a coin, a hash of the user’s id. Not by weekday, by shop of your choice, or by who wants it.
wizard-answer-random-yes = Yes, people, shops or classes can be assigned at random
wizard-answer-random-no = No, it has happened already or cannot be assigned
wizard-threshold = Did a threshold of a number decide who got it?
    .help = A score, an age, an amount spent, a date of birth: above it people got it, below it they did not.
wizard-answer-threshold-yes = Yes, a threshold decided
wizard-answer-threshold-no = No
wizard-everyone = Did everyone get it from a date on?
    .help = A price for all, a campaign across a country, a new design for everyone.
wizard-answer-everyone-yes = Yes, everyone in question from a date on
wizard-answer-everyone-no = No, some got it and others did not
wizard-comparison = What was not touched and can be compared?
    .help = Something that moved alike before and that the change cannot have reached.
wizard-answer-comparison-series = Similar series over time that were not touched (other regions, other products)
wizard-answer-comparison-groups = A second group whose past ran in parallel
wizard-answer-comparison-none = Nothing of the kind
wizard-known = What is known about those who got it and those who did not?
    .help = People who chose differ from those who did not; only what is recorded can be made up for.
wizard-answer-known-reasons = The columns that decided who got it
wizard-answer-known-outcome = Columns that predict the metric well
wizard-answer-known-both = Both
wizard-answer-known-neither = Neither
wizard-leaf-ab-test = A/B test
    .help = Divide by chance, wait for the planned end, test once.
    .assumption = Nothing but chance decided who got it, and one person’s group does not change what another does.
    .bring = One row per person (or one per shop or class, if those were assigned) with the group and the metric; before the start, the value now and the smallest change that matters.
    .check = The sizes of the groups against the planned split; the planned end; nobody in two groups. Clusters cost a design effect, several groups Holm’s adjustment.
    .sample = 5% convert now and +10% matters: 31,234 people in each group; at 4,000 a day, 3 weeks.
wizard-leaf-regression = Regression adjustment
    .help = Compare those alike in what predicts the metric, by a model of the metric.
    .assumption = Everything that moved both the choice and the metric is among the columns, and the model of the metric is right.
    .bring = One row per person: got it or not, the metric, and columns from before that predict it.
    .check = Both groups cover the same range of the columns; the answer holds with other forms of the model.
    .sample = Members with the app spend 900 more; with age, tenure and last year’s spending held alike, 250 more.
wizard-leaf-propensity = Propensity score
    .help = Compare those who were equally likely to get it, by weights or matching.
    .assumption = Every column that decided who got it is recorded, and everyone could have gone either way.
    .bring = One row per person: got it or not, the metric, and the columns from before that decided.
    .check = The scores overlap; after weighting, standardised differences are below 0.1.
    .sample = Coupon users bought 40% more; against equally likely non-users, 8% more.
wizard-leaf-causal-impact = Causal Impact
    .help = Forecast what would have happened from series that were not touched, and compare.
    .assumption = The untouched series were not reached by the change and go on moving with yours as they did before.
    .bring = A daily or weekly series of the metric, and one or more similar untouched ones, with at least three times as long before as after.
    .check = The forecast fits the time before; a made-up earlier date shows no effect.
    .sample = A campaign in one region from March 1: against two other regions, 1,200 more orders than forecast in four weeks.
wizard-leaf-discontinuity = Regression discontinuity
    .help = Compare those just above the threshold with those just below.
    .assumption = Nobody could place themselves exactly on a side, and nothing else changes at the threshold.
    .bring = One row per person: the number that decided, the threshold, and the metric.
    .check = No crowding at the threshold (density), the same answer at half and twice the bandwidth, nothing at made-up thresholds.
    .sample = Free shipping from 5,000 spent: those just above came back 3 points more often than those just below.
wizard-leaf-differences = Difference in differences
    .help = How much more the group with the change moved than the group without.
    .assumption = Without the change, both groups would have gone on in parallel.
    .bring = The metric by group and period, several periods before and after.
    .check = The trends before ran in parallel; a made-up earlier date shows no effect.
    .sample = Shops with the new till rose from 100 to 112, the others from 90 to 95: an effect of 7.
wizard-leaf-doubly-robust = Doubly robust estimation
    .help = Weights by the propensity score and a model of the metric together.
    .assumption = Everything that decided is recorded, and at least one of the two models is right.
    .bring = One row per person: got it or not, the metric, the columns that decided and those that predict it.
    .check = Overlap, standardised differences below 0.1, and an answer near to that of either model alone.
    .sample = Coupon users bought 40% more; by weights 8%, by regression 10%, by both 9%.
wizard-leaf-before-after = Before and after cannot tell
    .help = With everyone changed at once and nothing untouched to compare, the season, the market and the change cannot be told apart.
    .assumption = It would have to hold that nothing else changed at that time, and that can hardly be known.
    .bring = Nothing more of these data helps. Look for an untouched region, product or group.
    .check = How far the metric moved at the same time in earlier years shows what moves without the change.
    .sample = Next time roll out in stages: half of the shops this month, by lot, the others next month. That is an A/B test.
wizard-leaf-none = No method here answers it
    .help = Those who got it differ in ways nobody recorded, so no sum over these data tells what it did.
    .assumption = It would have to hold that they are alike in all that matters, and nothing recorded speaks for that.
    .bring = Ask what decided who got it, and record it; or offer it by lot to a part.
    .check = Compare the groups before the change: where they differ then, the difference afterwards says nothing.
    .sample = Readers of the newsletter buy twice as much. They did so before it was sent.
step-compare = compared with { $table }
step-compare-keys = compared with { $table } by { $keys }
note-compare-guess = Rows were matched by { $keys } (guessed; choose others if they do not name a row).
note-compare-no-key = No columns name a row in both tables, so rows were compared as a whole.
note-compare-new = New columns: { $names }
note-compare-gone = Columns that are gone: { $names }
note-compare-kinds = Columns whose type changed: { $names }
note-compare-repeated = { $rows ->
    [one] 1 row shares
   *[other] { $rows } rows share
} the key with another one; such rows were matched in their order. More key columns would tell them apart.
note-compare-columns = Changed values: { $names }
note-compare = { $added ->
    [one] 1 row added
   *[other] { $added } rows added
}, { $removed } removed, { $changed } changed, { $equal } equal
error-compare-memory = The tables have too many rows to be compared within { $limit } of memory.
hint-compare-memory = Compare fewer rows, or allow more with --max-memory.
error-compare-nothing = The tables have no column in common.
hint-compare-nothing = Give columns the same names first.
cmd-diff = Compare with an earlier run…
    .help = Shows which rows came, went or changed since the query’s run before, or against another table; old → new, in a tab of its own.
    .cli = Compares two tables, the earlier one first: which rows were added, removed or changed (old → new). With one locator, that of a query, its result is compared with the run before.
    .words = diff compare previous run changes difference added removed changed 差分 比較 前回 変更 変化 増減
param-diff-keys = The columns that name a row in both tables; guessed if none are given
    .value = COL,…
param-diff-ignore = Columns whose changes do not count
    .value = COL,…
param-diff-long = A row for each value that differs, with the value before and after
param-diff-check = End with code 6 if anything differs
error-diff-alone = No earlier run of { $name } is kept.
hint-diff-alone = Name two tables, the earlier one first. Results of queries are kept each time they are opened.
error-diff-tables = Two tables are compared at a time.
diff-earlier = Compared with the run of { $name }.
diff-check = { $rows ->
    [one] 1 row differs.
   *[other] { $rows } rows differ.
}
diff-title = Compare with
diff-runs = Earlier runs
diff-tables = Open tables
diff-other = Another table…
diff-form-title = Compare with { $table }
diff-keys = Key columns
diff-ignore = Columns to ignore
diff-long = A row for each value
diff-note = The key columns name a row in both tables; they were guessed. Enter shows what differs.
diff-note-none = No columns name a row in both tables. Without a key, rows are compared as a whole.
diff-tab = Changes: { $name }
prompt-diff = Earlier table:
task-diff-look = looking at { $table }
cmd-copy-link = Copy where this cell leads
    .help = Copies the address behind this cell: a link of an HTML cell, or an address in the cell itself.
    .words = copy link url href address clipboard リンク アドレス コピー
error-no-link = This cell leads nowhere.
hint-copy-link = copy link

# What drives a column
cmd-importance = What drives this column?
    .help = Learns from the other columns what moves the one under the cursor, ranks them, and says how far to believe it.
    .cli = Learns from the other columns what moves a column, ranks them with SHAP values, and says how far to believe it.
    .words = importance shap feature drivers explain why predict model machine learning lightgbm xgboost 重要度 要因 寄与 特徴量 説明 予測 原因
step-importance = what drives { $target }
task-importance = What drives { $name }
task-importance-guess = Looking at { $name }
param-importance-target = The column to explain
    .value = COL
param-importance-task = What it is: an amount, yes or no, or one of several classes; guessed where missing
    .value = TASK
param-importance-drop = Columns to leave out, such as one that is known only afterwards
    .value = COL
param-importance-time = A column of times: the last quarter of the rows is held out, not a random one
    .value = COL
param-importance-split-column = A column of true and false: true to learn from, false to hold out
    .value = COL
param-importance-values = Write the SHAP values of each row explained, not the ranking
param-importance-figure = Which figure an image shows
    .value = FIGURE
param-importance-feature = The column the dependence figure shows; the strongest where missing
    .value = COL
param-importance-row = The row the waterfall figure shows, by its place in the table; the first explained where missing
    .value = ROW
importance-title = What drives { $target }
importance-task-number = an amount
importance-task-yes-no = yes or no
importance-task-classes = one of several classes
importance-metric-r2 = R²
importance-metric-auc = AUC
importance-metric-auc-ovr = mean AUC
importance-score = { $metric } { $score }
importance-points = { $value } pt
importance-verdict-explained = What moves { $target } most: { $columns } ({ $share } of all the model uses). On { $held } held-out rows it reaches { $score }.
importance-verdict-weak = This table explains { $target } only a little ({ $score } on { $held } held-out rows). What little there is comes from { $columns }.
importance-verdict-nothing = Nothing in this table explains { $target }: on { $held } held-out rows a model does no better than knowing nothing ({ $score }). There is no ranking to show.
importance-verdict-unsure = Nothing in this table explains { $target } beyond chance: { $score } is what { $held } held-out rows may well show by luck. There is no ranking to show.
importance-verdict-suspect = Too good to be true: { $target } can be told almost from { $columns } alone ({ $score }). Is that known before { $target } is?
importance-next-nothing = Add columns that could matter, or ask about another column.
importance-next-suspect = If not, leave { $columns } out and run again.
importance-table-ranking = Ranking ({ $shown } of { $count })
importance-table-quality = How good the model is, on { $held } rows it never saw
importance-table-numbers = Column by column
importance-table-classes = By class, in probability
importance-table-pairs = Columns whose effects depend on each other
importance-table-parts = Parts of dates
importance-table-values = SHAP values by row
importance-head-feature = column
importance-head-bar = { "" }
importance-head-share = share
importance-head-shap = mean |SHAP|
importance-head-direction = direction
importance-head-ranks = rank
importance-head-rank-low = best rank
importance-head-rank-high = worst rank
importance-head-permutation = lost without
importance-head-model = model
importance-head-mae = mean error
importance-head-log-loss = log loss
importance-head-accuracy = right
importance-head-calibration = calibration error
importance-head-class = { $class }
importance-head-class-name = class
importance-head-with = with
importance-head-strength = strength
importance-head-row = row
importance-head-predicted = predicted
importance-head-base = base value
importance-head-shap-of = SHAP of { $column }
importance-model-trees = boosted trees
importance-model-linear = straight lines
importance-model-none = knowing nothing
importance-model-learned = trees, rows learned from
importance-rises = rises
importance-falls = falls
importance-mixed = mixed
importance-by-category = by category
importance-by-class = by class
importance-unused = not used
importance-noise = by chance
importance-missing = missing
importance-low = low
importance-high = high
importance-others = { $count ->
    [one] 1 other column
   *[other] { $count } other columns
}
importance-axis-mean = mean |SHAP|, in { $target }
importance-axis-mean-points = mean |SHAP|, in percentage points of { $target }
importance-axis-shap = what it adds to { $target }
importance-axis-shap-points = what it adds to the probability of { $target }, in points
importance-axis-value = { $target }
importance-axis-probability = probability of { $target }, in per cent
importance-ramp-value = value of the column
importance-rule-base = base
importance-rule-said = model
importance-figure-swarm = What each column adds, row by row: { $target }
importance-figure-dependence = What { $column } adds to { $target }
importance-figure-waterfall = Row { $row }: how the model comes to { $value }
importance-figure-of-class = { $title } (class { $class })
importance-figure-rows = { $rows } of { $of } held-out rows explained
importance-figure-actual = { $target } is { $value } in this row
importance-note-cause = This shows what the model used, not what causes what.
importance-words-number = In rows it never saw, the model explains { $share } of how { $target } varies; on average it is { $error } off, and { $none } when nothing is known.
importance-words-yes-no = Of two rows it never saw, one yes and one no, the model tells which is which in { $share } of the cases (50% by luck); its probabilities are { $error } points off on average.
importance-words-classes = In rows it never saw, the model names the right { $target } in { $share } of the cases, and in { $none } when nothing is known.
importance-note-task = { $target } is taken for { $task }.
importance-note-task-yes = { $target } is taken for yes or no; yes is { $yes }.
importance-note-rows = { $rows } rows were used.
importance-note-there = { $rows ->
    [one] 1 row was brought here from { $place } to learn from.
   *[other] { $rows } rows were brought here from { $place } to learn from.
}
importance-note-sampled = { $rows } of { $of } rows were used, drawn at random (seed { $seed }).
importance-note-missing = { $rows ->
    [one] 1 row without { $target } was left out.
   *[other] { $rows } rows without { $target } were left out.
}
importance-note-dropped = Left out as asked: { $columns }.
importance-note-infinite = { $count ->
    [one] 1 infinite value was taken for a missing one.
   *[other] { $count } infinite values were taken for missing ones.
}
importance-note-split-chance = A quarter of the rows, drawn at random, was held out.
importance-note-split-time = The last quarter of the rows in time was held out.
importance-note-split-column = Rows were held out by a column.
importance-note-model = Gradient-boosted trees: { $rounds ->
        [one] one round
       *[other] { $rounds } rounds
    }, learned from { $rows } rows.
importance-note-crossed = As only { $held } rows are held out, whether there is anything to explain was judged on all { $rows } rows, each by a model of the others.
importance-note-unit-number = SHAP values are in the unit of { $target }.
importance-note-unit-yes-no = SHAP values are points of probability: a row’s values in log-odds, scaled by one factor so that they add up from the base probability to the row’s.
importance-note-unit-classes = SHAP values are points of probability of each class, along the straight line from the base margins to the row’s; over classes, half their sum.
importance-note-explained = { $rows } of { $of } held-out rows explained; the values add up to the prediction within { $error } standard deviations.
importance-note-ranks = Ranks: best and worst over the model and five smaller ones. “Lost without”: by how much the score falls when a column’s values are dealt out anew. Columns that say the same share their credit and stand together in { "{…}" }.
importance-note-no-pairs = Too many columns to look at pairs of them.
importance-note-dependence-missing = { $rows ->
    [one] In 1 row the value is missing: { $value } there.
   *[other] In { $rows } rows the value is missing: { $value } there on average.
}
importance-warn-leakage = Leak? { $column } alone predicts { $target } almost perfectly ({ $metric } { $score }). If it is made from { $target }, or known only after it, leave it out.
importance-warn-formula = Leak? { $target } = { $formula } in { $share } of the rows. Made of { $columns }, it leaves nothing for others to explain; leave them out to see what lies behind.
importance-warn-afterwards = By its name, { $column } may be known only once { $target } is. If so, leave it out.
importance-warn-later = { $column } is later than { $time } in { $share } of the rows that have both, so it may be known only once { $target } is. If so, leave it out.
importance-warn-filled = Where { $column } is filled in, { $target } is { $class } in { $share } of the rows: it may be filled in only once { $target } is known. If so, leave it out.
importance-warn-missing = Where { $column } is missing, { $target } is { $class } in { $share } of the rows: it may be filled in only once { $target } is known. If so, leave it out.
importance-warn-filled-amount = Whether { $column } is filled in explains { $share } of { $target } by itself: it may be filled in only once { $target } is known. If so, leave it out.
importance-warn-unless = Where { $column } is not { $value }, { $target } is { $class } in { $share } of the rows: it may be known only once { $target } is. If so, leave it out.
importance-warn-time-used = The model goes by where a row lies in time ({ $column }), but rows were held out at random: it may look into the future. Split by time to be sure.
importance-warn-one-class = Every one of { $rows } rows with { $column } = { $word } is { $class }{ $others ->
    [0] { "" }
   *[other] { " " }(and { $others } more like it)
}.
importance-warn-time = Rows lie in order of { $column }, but were held out at random: a model may look into the future. Split by time to be sure.
importance-warn-duplicate = { $columns } say exactly the same; they are shown as one.
importance-warn-near-duplicate = { $columns } say nearly the same; their credit is split by chance, so they are shown as one.
importance-warn-identifier = Left out, as nearly every row has its own value: { $columns }.
importance-warn-constant = Left out, as they never change: { $columns }.
importance-warn-json = Left out, as their text is nested: { $columns }.
importance-warn-unread = Left out, as nothing can be learned from such columns: { $columns }.
importance-stage-read = reading
importance-stage-linear = fitting straight lines
importance-stage-learn = growing trees
importance-stage-explain = explaining rows
importance-stage-permutation = dealing columns out anew
importance-stage-folds = trying smaller models
importance-error-sample = { $rows } rows are too few; at least { $least } are needed.
importance-error-task = “{ $name }” is not a task.
importance-error-nested = { $column } holds lists, fields or bytes; there is nothing to predict.
importance-error-empty = { $column } has no value in any of { $total } rows.
importance-error-few = Only { $rows } rows have a value of { $column }; at least 20 are needed.
importance-error-constant = { $column } is the same in every row; there is nothing to explain.
importance-error-no-number = { $column } is text; it cannot be explained as an amount.
importance-error-not-two = { $column } does not have exactly two values.
importance-error-distinct = Every row has its own value of { $column }: an identifier, with nothing to learn from.
importance-error-classes = { $column } has { $count } different values or more; at most { $most } classes can be told apart.
importance-error-alone = There is no column besides { $column } to explain it by.
importance-error-nothing-left = No column besides { $column } can be learned from: they are constant, identifiers, or nested.
importance-error-columns = { $count } columns are too many; at most { $most } can be looked at.
importance-error-memory = { $columns } columns need { $needed } of memory; { $allowed } are allowed.
importance-error-time = { $column } does not order rows in time: it holds words.
importance-error-split = { $column } does not say true or false.
importance-error-sides = Too few rows on one side: { $learn } to learn from, { $held } held out.
importance-error-learn-constant = The target is the same in all rows to learn from.
importance-error-model = The trees could not be grown: { $cause }
importance-error-feature = { $name } is not among the columns explained.
importance-error-figure = “{ $name }” is not a figure.
importance-error-row = Row { $row } is not among the held-out rows explained.
importance-hint-target = Choose another column to explain.
importance-hint-task = Leave out --task to have it guessed, or choose another column to explain.
importance-hint-sample = Ask for a larger sample, or for none.
importance-hint-alone = Open a table with more columns, or join one.
importance-hint-classes = Group its values into fewer first, or explain another column.
importance-hint-columns = Choose columns with --columns, or hide some.
importance-hint-memory = Choose fewer columns, or allow more with --max-memory.
importance-hint-sides = Split in another way, or at random.
importance-hint-row = The nearest one is row { $row }.
importance-rank = rank { $ranks }
hint-importance-details = numbers
hint-importance-dependence = column
hint-importance-swarm = rows
hint-importance-waterfall = row
hint-importance-without = leave it out
hint-importance-row = other rows
hint-importance-column = other columns
hint-importance-next = next
hint-importance-by-time = split by time
hint-importance-remedy = leave out
importance-form-target = Column to explain
importance-form-task = It is
importance-form-drop = Leave out
importance-form-time = Hold out by time
importance-form-split = Learn where it is yes
importance-form-sample = Rows to look at
importance-form-sample-help = Empty looks at all rows, or at { $most } drawn from more.
importance-form-no = no such column
importance-form-guess = guessed
importance-form-chance = no, a quarter at random
importance-form-note = Enter learns from the other columns. Columns to leave out are separated by commas.
## A report as a document
report-numbers = numbers
report-details = for the statistician
report-origin = where this comes from
report-data = data
report-rows = rows
report-steps = done before
report-command = the command that repeats it
report-made = Made with mekiki { $version }.
report-no-figures = The figures ({ $count }) are left out here; write to a file (-o report.md) to have them beside it.
report-first-figure = The first figure only: { $count } more are written beside it when a file is named.
report-no-script = There is no Python program for this report.
report-format-title = Export the report as
report-format-html = HTML: one page with everything
report-format-md = Markdown, with its figures beside it
report-format-json = JSON: every number
report-format-png = PNG: the figures
report-format-svg = SVG: the figures
report-format-py = Python that finds the same numbers
report-format-csv = CSV: the table of numbers
report-format-parquet = Parquet: the table of numbers
report-format-rows = CSV: what each column adds, row by row
report-form-as = Format
report-form-file = File
report-form-note = Enter writes it. The ending is added; another ending, such as .xlsx, decides the format.
error-output-report = Only a report can be written as { $name }.
note-recipe-unreported = Step { $step } ({ $words }) was not carried out, since the recipe does not say where its report goes: add output = "{ $path }" to it, or run with -o { $path }.
report-flag = { $flag } { $value }
report-error-format = A report is not written as { $name }. Use html, md, json, png, svg, py, csv or parquet.
ab-note-prior-unused = The prior given was not used: it is for conversions only.
error-ab-negative-count = “{ $column }” has values below zero, so it is no count.
hint-ab-negative-count = Compare it as an amount: --kind mean.

# PostgreSQL and Redshift
postgres-view = view
postgres-materialised = materialised view
postgres-table = table
postgres-foreign = foreign table
postgres-no-right = you may not read it
postgres-about-rows = about { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}
postgres-relations = { $count ->
    [one] 1 table or view
   *[other] { $count } tables and views
 }
postgres-check = { $version }, as { $user }
fact-done-there = worked out at { $place }
fact-done-here = worked out here
fact-there = { $name }: rows stay there
fact-landed = { $name }: landed here
stage-landing = Bringing the rows from { $name } here
notice-postgres-text = Shown as text, since there is no such type here: { $columns }
error-misfit = { $column } has a value that a column of its type here does not hold (infinite, NaN, 24:00, too many digits, too far away). It is read as text from now on.
hint-misfits = Not every value of { $columns } fits a column of its type here, so it is read as text; to compute with it, change its type first.
hint-misfit = Do this again; to compute with it, change its type first.
notice-postgres-order = The rows are in the order the server has for its own values, which is not that of the text shown: { $columns }
notice-postgres-misfit = Shown as text, since not every value fits a column of its type here (infinite, NaN, 24:00, too many digits, too far away): { $columns }
notice-postgres-denied = Left out, since you may not read them: { $columns }
notice-postgres-nan = { $column }: { $count ->
    [one] 1 value is NaN there and shown as missing here.
   *[other] { $count } values are NaN there and shown as missing here.
 }
notice-postgres-infinite = { $column }: { $count ->
    [one] 1 infinite value is shown as missing.
   *[other] { $count } infinite values are shown as missing.
 }
notice-postgres-digits = { $column }: { $count } values have more digits than the column can hold and are shown as missing; cast the column to text to see them.
notice-postgres-far = { $column }: { $count ->
    [one] 1 moment lies too far away and is shown as missing.
   *[other] { $count } moments lie too far away and are shown as missing.
 }
notice-postgres-midnight = { $column }: { $count ->
    [one] 1 time is 24:00 and is shown as missing.
   *[other] { $count } times are 24:00 and are shown as missing.
 }
error-postgres-said = { $name } says: { $said }
error-postgres-reach = { $name } cannot be reached: { $cause }
error-postgres-lost = The connection to { $name } was lost: { $cause }
postgres-password = Password of { $user } for { $name }:
postgres-password-again = That was not it. Password of { $user } for { $name }:
error-postgres-password = { $name } wants a password, and none was found.
error-postgres-tls = The line to the server cannot be secured: { $cause }
error-postgres-before = The command to run first did not open the way ({ $command }): { $cause }
error-postgres-wire = The server sent something this program cannot read.
error-postgres-many = The answer has more than { $most } rows.
error-postgres-path = “{ $path }” does not name a table.
error-postgres-schema = There is no schema “{ $schema }” with tables or views in it.
hint-postgres-schema = Names are written as the server has them, capitals and all; `mekiki sources NAME:` lists the schemas.
hint-postgres-reach = Check host, port and sslmode; `mekiki doctor` tries every connection.
hint-postgres-login = Check user and password; a `.pgpass` that others can read is passed over.
hint-postgres-again = Try once more: a new connection is made by itself.
hint-postgres-limit = Raise `time_limit` of the connection, or ask for less with a filter.
hint-postgres-read-only = Sessions are opened read-only; mekiki never changes a source.
hint-postgres-privilege = Choose columns you may read, or ask for the right to read it.
hint-postgres-range = If it is adding up that goes beyond what the server's numbers hold, bring the rows here first (b, or mekiki export) and do it here.
hint-postgres-table = The sources (o, or `mekiki sources`) list what is there.
hint-postgres-said = The server's hint: { $said }
hint-postgres-unconfirmed = The server was asked to stop and has not said yet that it did.
hint-postgres-path = Name it schema.table; a name with a point or a space in it stands in double quotes.
hint-limit-rows = Ask for fewer with --limit or --top.

connection-database-url = Address
    .help = postgres://user@host:5432/database?sslmode=verify-full, without the password. Or leave it empty and fill in host, user and database below.
connection-password = Password
    .help = It is not shown. Empty if .pgpass or the environment has it.
connection-host = Host
    .help = Usually empty: the address has it.
connection-port = Port
    .help = Usually empty: the address has it.
connection-user = User
    .help = Usually empty: the address has it.
connection-database = Database
    .help = Usually empty: the address has it.
connection-service = Service
    .help = A section of pg_service.conf to take the rest from. Usually empty.
connection-sslmode = Security of the line
    .help = As psql's sslmode: “verify-full” is the safest.
connection-before = Command to run first
    .help = Such as a tunnel through a bastion host; the port is waited for. Usually empty.
connection-zone = Time zone
    .help = In which instants are shown and days begin, such as Asia/Tokyo. That of this machine if empty.
connection-wait = Longest connecting
    .help = How long connecting may take, such as 15s. Usually empty.
connection-max-rows = Most rows read unasked
    .help = Rows a query may be expected to handle before you are asked. Usually empty: 50 million.
connection-max-cost = Most cost unasked
    .help = Cost of the plan, in the server's own unit, above which you are asked. Usually empty: 5 million.
error-connection-number = { $label }: “{ $text }” is no whole number.
